// Loaded into a Node program under test by NODE_OPTIONS=--require: brings its connections to the
// twin, and refuses all others that would leave the machine.
//
// Every TCP connection of Node, of fetch as of https, goes through net.Socket.connect. The host is
// changed there, below TLS, so that names and certificates are checked as on the platform.
"use strict";

const dgram = require("dgram");
const dns = require("dns");
const fs = require("fs");
const net = require("net");
const os = require("os");
const { syncBuiltinESMExports } = require("module");

const PLATFORM_PORT = 443;

function install(settings) {
  // Each host has a loopback address of its own, so that a name that was looked up is still known.
  const aliases = new Map();
  const twins = new Map();
  Object.entries(settings.hosts).forEach(([host, twin], index) => {
    const alias = `127.84.84.${index + 1}`;
    aliases.set(host, alias);
    twins.set(alias, { host: twin[0], port: twin[1] });
  });

  const plain = (host) => String(host ?? "").toLowerCase().replace(/\.$/, "");

  function isHere(name) {
    if (["", "localhost", "::", "::1", "0.0.0.0", os.hostname().toLowerCase()].includes(name)) return true;
    if (name.endsWith(".localhost")) return true;
    const mapped = name.replace(/^::ffff:/, "");
    return net.isIPv4(mapped) && mapped.startsWith("127.");
  }

  function refuse(destination) {
    try {
      fs.appendFileSync(settings.refused_file, `${destination}\n`);
    } catch {
      // The run is over and its files are gone.
    }
    const error = new Error(
      `tts-chaos refused ${destination}: during a run nothing leaves this machine, and only ` +
        "the platform's own hosts are brought to the twin",
    );
    return Object.assign(error, { code: "ECONNREFUSED", errno: -111, syscall: "connect" });
  }

  // -- connections ------------------------------------------------------------------------------

  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...args) {
    const [options, callback] = Array.isArray(args[0]) ? args[0] : net._normalizeArgs(args);
    if (options.path) return connect.apply(this, args);
    const name = plain(options.host);
    const alias = aliases.get(name) ?? name;
    const twin = twins.get(alias);
    if (twin && Number(options.port) === PLATFORM_PORT) {
      const changed = { ...options, ...twin, lookup: undefined };
      return callback ? connect.call(this, changed, callback) : connect.call(this, changed);
    }
    if (!twin && isHere(name)) return connect.apply(this, args);
    const known = [...aliases].find(([, value]) => value === alias);
    const error = refuse(`${known ? known[0] : name}:${options.port}`);
    // As a refused connection does: later, by an event. The socket must look as if it connects.
    this.connecting = true;
    process.nextTick(() => this.destroy(error));
    return this;
  };

  const send = dgram.Socket.prototype.send;
  dgram.Socket.prototype.send = function (...args) {
    const callback = args.find((value) => typeof value === "function");
    const host = args.slice(1).find((value) => typeof value === "string");
    if (host === undefined || isHere(plain(host))) return send.apply(this, args);
    const port = args.slice(1).find((value) => typeof value === "number");
    const error = refuse(`${host}:${port}`);
    process.nextTick(() => (callback ? callback(error) : this.emit("error", error)));
  };

  // -- look-ups ---------------------------------------------------------------------------------

  function instead(host) {
    const name = plain(host);
    if (aliases.has(name)) return aliases.get(name);
    if (net.isIP(name) || isHere(name)) return host;
    throw Object.assign(refuse(name), { code: "ENOTFOUND", errno: -3008, syscall: "getaddrinfo", hostname: host });
  }

  const lookup = dns.lookup;
  dns.lookup = function (host, options, callback) {
    const done = callback ?? options;
    let found;
    try {
      found = instead(host);
    } catch (error) {
      process.nextTick(() => done(error));
      return {};
    }
    return callback ? lookup(found, options, callback) : lookup(found, done);
  };
  const lookupLater = dns.promises.lookup;
  dns.promises.lookup = async (host, options) => lookupLater(instead(host), options);

  // Questions to a name server would leave the machine; only the platform's names have an answer.
  for (const name of ["resolve", "resolve4", "resolve6", "resolveAny", "reverse"]) {
    const answer = (host) => {
      const found = instead(host);
      return name === "resolve6" || !net.isIP(found) ? [] : [found];
    };
    const ask = (host, ...rest) => {
      const done = rest[rest.length - 1];
      try {
        const found = answer(host);
        process.nextTick(() => done(null, found));
      } catch (error) {
        process.nextTick(() => done(error));
      }
    };
    dns[name] = ask;
    dns.Resolver.prototype[name] = ask;
    dns.promises[name] = async (host) => answer(host);
    dns.promises.Resolver.prototype[name] = async (host) => answer(host);
  }

  syncBuiltinESMExports();
}

if (process.env.TTS_CHAOS_REACH) install(JSON.parse(fs.readFileSync(process.env.TTS_CHAOS_REACH, "utf8")));
