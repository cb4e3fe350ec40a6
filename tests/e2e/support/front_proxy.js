// A front proxy as Debian packages it, with nothing of ours but what `doorward integrate` prints.
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";

import { Folder } from "./folder.js";
import { Program } from "./process.js";

/** For each kind: what it needs around the snippet to run on its own, and how it is started. */
const KINDS = {
  nginx: async (folder, snippet) => {
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    const temporary = paths.map((name) => `${name}_temp_path ${folder.path}/${name};`).join("\n");
    const file = await folder.write(
      "nginx.conf",
      `daemon off;\nuser root;\npid ${folder.path}/nginx.pid;\nerror_log stderr;\nevents {}\n` +
        `http {\naccess_log off;\n${temporary}\n${snippet}\n}\n`,
    );
    return new Program("/usr/sbin/nginx", ["-e", "stderr", "-c", file]);
  },
  caddy: async (folder, snippet) => {
    const file = await folder.write("Caddyfile", `{\nadmin off\ndefault_bind 127.0.0.1\nauto_https disable_redirects\n}\n${snippet}`);
    const home = { HOME: folder.path, XDG_DATA_HOME: folder.path, XDG_CONFIG_HOME: folder.path };
    return new Program("/usr/bin/caddy", ["run", "--config", file, "--adapter", "caddyfile"], home);
  },
  haproxy: async (folder, snippet, doorward) => {
    const script = await folder.write("doorward.lua", await doorward.prints("integrate", "haproxy", "--script"));
    const file = await folder.write("haproxy.cfg", `global\nlua-load ${script}\n${snippet}`);
    return new Program("/usr/sbin/haproxy", ["-db", "-f", file]);
  },
  apache: async (folder, snippet, doorward) => {
    const modules = ["mpm_event", "authz_core", "proxy", "proxy_http", "headers", "socache_shmcb", "ssl"];
    const loaded = modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`);
    const file = await folder.write(
      "apache.conf",
      `ServerRoot ${folder.path}\nServerName localhost\nPidFile ${folder.path}/apache.pid\n` +
        `DefaultRuntimeDir ${folder.path}\nUser www-data\nGroup www-data\nErrorLog "|/bin/cat"\n` +
        `${loaded.join("\n")}\nListen 127.0.0.1:${doorward.port}\n${snippet}`,
    );
    return new Program("/usr/sbin/apache2", ["-D", "FOREGROUND", "-f", file]);
  },
};

/** What is left to the operator: where the certificate is, and which of this machine's addresses people come to. */
async function fitted(kind, snippet, folder, doorward) {
  if (!doorward.certificate) return snippet;
  const { file, key } = doorward.certificate;
  const name = new URL(doorward.url).hostname;
  const both = await folder.write("both.pem", (await readFile(file, "utf8")) + (await readFile(key, "utf8")));
  const own = kind === "caddy" ? snippet.replace("{\n\troute", `{\n\ttls ${file} ${key}\n\troute`) : snippet;
  return own
    .replaceAll(`/etc/ssl/certs/${name}.pem`, file)
    .replaceAll(`/etc/ssl/private/${name}.key`, key)
    .replaceAll(`/etc/haproxy/certs/${name}.pem`, both)
    .replace(`listen ${doorward.port} `, `listen 127.0.0.1:${doorward.port} `)
    .replace(`*:${doorward.port}`, `127.0.0.1:${doorward.port}`);
}

export class FrontProxy {
  #folder;
  #program;

  static async open(kind, doorward) {
    const folder = await Folder.make();
    const snippet = await fitted(kind, await doorward.prints("integrate", kind), folder, doorward);
    const proxy = new FrontProxy(folder, await KINDS[kind](folder, snippet, doorward));
    await proxy.#answers(doorward.port);
    return proxy;
  }

  constructor(folder, program) {
    this.#folder = folder;
    this.#program = program;
  }

  get said() {
    return this.#program.output;
  }

  async close() {
    try {
      await this.#program.end("SIGTERM");
    } finally {
      await this.#folder.remove();
    }
  }

  /** Waits until somebody listens there. */
  async #answers(port) {
    for (let left = 200; left > 0; left -= 1) {
      const socket = connect(port, "127.0.0.1");
      try {
        await once(socket, "connect", { signal: AbortSignal.timeout(5_000) });
        return;
      } catch {
        await pause(50);
      } finally {
        socket.destroy();
      }
    }
    const said = this.said;
    await this.close();
    throw new Error(`the front proxy does not listen:\n${said}`);
  }
}
