// Where the provider keeps its codes, grants and sessions: in memory, for as long as a test lasts.

/** Kinds of things whose id is a secret: whoever has it can use it. */
const SECRET = ["AccessToken", "AuthorizationCode", "RefreshToken", "Session"];

/** One shelf per kind of thing; a grant's things go with it. See the adapter in the documentation of `oidc-provider`. Ids
 * that are secrets are added to `secrets`. */
export function shelves(secrets = new Set()) {
  const all = new Map();

  return class Shelf {
    #kind;

    constructor(kind) {
      this.#kind = kind;
    }

    async upsert(id, payload) {
      if (SECRET.includes(this.#kind)) secrets.add(id);
      all.set(this.#key(id), payload);
    }

    async find(id) {
      return all.get(this.#key(id));
    }

    async findByUid(uid) {
      return [...all.values()].find((payload) => payload.kind === this.#kind && payload.uid === uid);
    }

    async findByUserCode(userCode) {
      return [...all.values()].find((payload) => payload.userCode === userCode);
    }

    async consume(id) {
      all.get(this.#key(id)).consumed = Math.floor(Date.now() / 1000);
    }

    async destroy(id) {
      all.delete(this.#key(id));
    }

    async revokeByGrantId(grantId) {
      for (const [key, payload] of all) if (payload.grantId === grantId) all.delete(key);
    }

    #key(id) {
      return `${this.#kind}:${id}`;
    }
  };
}
