// A request as a program writes it, byte for byte.
import { request } from "node:http";

/** With exactly these fields and this path, which `fetch` would tidy up. The answer, whole, or an error after a while. */
export function send(address, fields, method = "GET", body = undefined, path = undefined) {
  return new Promise((resolve, reject) => {
    const { host, hostname, port, pathname, search } = new URL(address);
    const length = body === undefined ? [] : [["Content-Length", `${body.length}`]];
    const named = fields.some(([name]) => name === "Host") ? [] : [["Host", host]];
    const sent = request({
      host: hostname,
      port,
      path: path ?? pathname + search,
      method,
      headers: [...named, ...fields, ...length].flat(),
      agent: false,
      signal: AbortSignal.timeout(10_000),
    });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const { statusCode: status, headers } = response;
      const pieces = response.setEncoding("utf8").toArray();
      pieces.then((all) => resolve({ status, headers, text: all.join("") }), reject);
    });
    sent.end(body);
  });
}
