// A service provider of @node-saml/node-saml. It reads one command a line, {"do": …}, and writes one answer a line.
import { createInterface } from "node:readline";
import { SAML } from "@node-saml/node-saml";

let settings = {};
const providers = new Map();

// The same wishes are always the same object, which remembers what it asked for.
function provider(wishes = {}) {
  const key = JSON.stringify(wishes);
  if (!providers.has(key)) providers.set(key, new SAML({ ...settings, ...wishes }));
  return providers.get(key);
}

const commands = {
  configure(command) {
    settings = command.settings;
    return {};
  },
  metadata(command) {
    return { xml: provider().generateServiceProviderMetadata(command.certificate, command.certificate) };
  },
  async authorize(command) {
    return { url: await provider(command.wishes).getAuthorizeUrlAsync(command.relayState, undefined, {}) };
  },
  async form(command) {
    return { html: await provider(command.wishes).getAuthorizeFormAsync(command.relayState, undefined) };
  },
  async validate(command) {
    const { profile } = await provider(command.wishes).validatePostResponseAsync(command.fields);
    if (profile === null) return { profile: null }; // its way to say NoPassive: nobody is logged in
    return { profile: { ...profile, assertion: profile.getAssertionXml() } };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let answer;
  try {
    answer = await commands[command.do](command);
  } catch (error) {
    answer = { error: error.message, status: error.xmlStatus ?? null };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
