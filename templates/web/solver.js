// The proof of work of ALTCHA, version 2: counts up until the derived key begins as the challenge says.
const solve = async (challenge) => {
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  const password = bytes(`${nonce}00000000`);
  const count = new DataView(password.buffer, password.length - 4);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  const { subtle } = crypto;
  for (let counter = 0; counter < 1e5; counter++) {
    count.setUint32(0, counter);
    const key = await subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derived = new Uint8Array(await subtle.deriveBits(how, key, keyLength * 8));
    const derivedKey = [...derived].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    if (derivedKey.startsWith(keyPrefix)) return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
  }
};
const prove = async (url) => solve(await (await fetch(url, { credentials: "omit" })).json());
