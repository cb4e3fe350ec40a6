// dotnet add package Microsoft.IdentityModel.Protocols.OpenIdConnect
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

public sealed class Verify(string issuer, string audience, string[] organizations) // one for the whole application
{
    private readonly JsonWebTokenHandler handler = new();
    private readonly TokenValidationParameters rules = new()
    {
        // Fetches the key set, keeps it, and asks again when a key is not known. `issuer` is server.public_url.
        ConfigurationManager = new ConfigurationManager<OpenIdConnectConfiguration>(
            issuer + "/_sso/.well-known/openid-configuration", new OpenIdConnectConfigurationRetriever()),
        ValidAlgorithms = ["ES256"],
        ValidIssuer = issuer,
        ValidAudience = audience, // assertion.audience; where it is not set, the origin that the visitor sees
        ClockSkew = TimeSpan.FromSeconds(30),
    };

    // Takes the value of Sso-Jwt-Assertion; throws unless it is an assertion that is meant for this application.
    public async Task<IDictionary<string, object>> Identify(string? header)
    {
        var result = await handler.ValidateTokenAsync(header ?? "", rules);
        if (!result.IsValid) throw result.Exception;
        var meantForUs = organizations.Contains(result.Claims["org"] as string);
        return meantForUs ? result.Claims : throw new SecurityTokenException("meant for another organization");
    }
}
