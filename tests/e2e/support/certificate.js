// A certificate that nobody has signed but its own key.
import { execFile } from "node:child_process";
import { X509Certificate, createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** Makes one for a name, in a folder. `pin` is what a browser can be told to trust: the digest of its public key. */
export async function selfMade(folder, name) {
  const [file, key] = ["cert.pem", "key.pem"].map((part) => join(folder.path, part));
  const words = [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
    ...["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`, "-keyout", key, "-out", file],
  ];
  await promisify(execFile)("openssl", words, { timeout: 20_000 });
  const { publicKey } = new X509Certificate(await readFile(file));
  const pin = createHash("sha256").update(publicKey.export({ type: "spki", format: "der" })).digest("base64");
  return { file, key, pin };
}
