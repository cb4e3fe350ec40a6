# gem install jwt (2.5 or later). Raises unless the request carries an assertion that is meant for this application.
require "json"
require "jwt"
require "net/http"

module Sso
  ISSUER = ENV.fetch("SSO_ISSUER") # server.public_url, for example https://app.example.com
  AUDIENCE = ENV.fetch("SSO_AUDIENCE") # assertion.audience; where it is not set, the origin that the visitor sees
  ORGANIZATIONS = ENV.fetch("SSO_ORGANIZATIONS").split(",")
  KEPT = { at: Time.at(0) }

  # Kept for five minutes; a key that is not known asks again, but at most every five seconds.
  KEYS = lambda do |asked|
    if Time.now - KEPT[:at] > (asked[:kid_not_found] ? 5 : 300)
      url = URI("#{ISSUER}/_sso/jwks.json")
      limits = { use_ssl: url.scheme == "https", open_timeout: 5, read_timeout: 5 }
      answer = Net::HTTP.start(url.host, url.port, **limits) { |http| http.get(url.path) }
      answer.is_a?(Net::HTTPOK) or raise JWT::DecodeError, "the key set could not be fetched"
      KEPT.update(at: Time.now, keys: JSON.parse(answer.body, symbolize_names: true))
    end
    KEPT[:keys]
  end

  def self.identify(env) # of Rack; the claims have "sub", and "email" to go by if "email_verified"
    rules = { algorithms: ["ES256"], jwks: KEYS, iss: ISSUER, verify_iss: true, aud: AUDIENCE, verify_aud: true,
              leeway: 30, required_claims: %w[iss aud sub org exp nbf] }
    claims, = JWT.decode(env.fetch("HTTP_SSO_JWT_ASSERTION"), nil, true, rules)
    ORGANIZATIONS.include?(claims["org"]) ? claims : raise(JWT::DecodeError, "meant for another organization")
  end
end
