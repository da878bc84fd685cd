#include "ue/arguments.hpp"

#include <map>

#include <CLI/CLI.hpp>

#include "base/text.hpp"

namespace ue {
namespace {

struct Raw {
  Arguments out;
  std::string ng, direction, setup, peer, address;
  double timeout = 30;
};

void add_common(CLI::App& app, Raw& raw) {
  app.add_flag("--tls", raw.out.tls, "TLS with a certificate of our own; nothing goes in clear");
  app.add_flag("--e2ae", raw.out.e2ae, "TLS as far as the network's gateway (a=3ge2ae); implies --tls");
  app.add_option("--cert", raw.out.cert, "our certificate, PEM (default: made for the occasion)");
  app.add_option("--key", raw.out.key, "its private key, PEM");
  app.add_option("--setup", raw.setup, "who opens the connection: active, passive or actpass (default)");
  app.add_option("--peer", raw.peer, "how paths are handled: cema (default), sessmatch or plain");
  app.add_option("--address", raw.address, "our IP address (default 127.0.0.1)");
  app.add_option("--timeout", raw.timeout, "seconds until a call must be connected (default 30)");
  app.add_flag("--json", raw.out.json, "one JSON object per event on stdout");
}

void add_offering(CLI::App& app, Raw& raw) {
  app.add_option("--to", raw.out.to, "http://HOST:PORT of the peer's --signal")->required();
  app.add_option("--ng", raw.ng, "HOST:PORT of Postern's NG: play the proxy's part on our side");
  app.add_option("--direction", raw.direction, "REALM,REALM: the sender's and the recipient's");
  app.add_option("--flag", raw.out.flags, "an NG flag (msrp-e2ae), or KEY=VALUE; may be repeated");
}

void add_answering(CLI::App& app, Raw& raw) {
  app.add_option("--signal", raw.out.signal, "HOST:PORT where offers are awaited; port 0: any")->required();
  app.add_option("--count", raw.out.count, "calls to take before the end (default 1)");
}

CLI::App* add_commands(CLI::App& root, Raw& raw) {
  root.require_subcommand(1);
  auto* listen = root.add_subcommand("listen", "wait for a call and chat; lines of stdin are messages");
  auto* chat = root.add_subcommand("chat", "call and chat; lines of stdin are messages, /quit ends");
  auto* send = root.add_subcommand("send", "call and send one text or file");
  auto* receive = root.add_subcommand("receive", "wait for calls and keep the files that come");
  for (auto* app : {listen, chat, send, receive}) add_common(*app, raw);
  for (auto* app : {chat, send}) add_offering(*app, raw);
  for (auto* app : {listen, receive}) add_answering(*app, raw);
  chat->add_option("--wait-reply", raw.out.wait_reply, "messages to wait for after the end of stdin");
  auto* what = send->add_option_group("what");
  what->add_option("--file", raw.out.file, "the file to send");
  what->add_option("--text", raw.out.text, "the text to send");
  what->require_option(1);
  send->add_option("--type", raw.out.content_type, "its media type");
  send->add_flag("--progress", raw.out.progress, "a progress bar also where stderr is no terminal");
  receive->add_option("--out", raw.out.out, "folder for the files (default: here)");
  receive->add_option("--max-size", raw.out.max_size, "octets of a message at most (default: no limit)");
  return &root;
}

UsageError expected(std::string_view option, std::string_view what, std::string_view got) {
  return {std::string(option) + ": expected " + std::string(what) + ", not '" + base::printable(got) + "'"};
}

template <class T>
std::optional<T> word(std::string_view text, const std::map<std::string, T, std::less<>>& words) {
  const auto found = words.find(text);
  return found == words.end() ? std::nullopt : std::optional(found->second);
}

base::Result<base::Ok, UsageError> read_network(Raw& raw) {
  auto& out = raw.out;
  if (!raw.ng.empty() && !(out.ng = base::Address::parse(raw.ng)))
    return expected("--ng", "ADDRESS:PORT", raw.ng);
  if (!raw.direction.empty()) {
    std::string_view rest(raw.direction);
    out.direction.first = base::take_until(rest, ',');
    out.direction.second = rest;
    if (out.direction.first.empty() || out.direction.second.empty())
      return expected("--direction", "REALM,REALM", raw.direction);
  }
  if (!out.ng && (!raw.direction.empty() || !out.flags.empty()))
    return UsageError{"--direction and --flag need --ng"};
  if (!raw.address.empty()) {
    const auto address = base::IpAddress::parse(raw.address);
    if (!address || address->is_unspecified())
      return expected("--address", "an address that the peer can reach", raw.address);
    out.address = *address;
  }
  if (!out.signal.empty() && !base::Address::parse(out.signal))
    return expected("--signal", "ADDRESS:PORT", out.signal);
  if (!out.to.empty() && !out.to.starts_with("http://")) return expected("--to", "http://HOST:PORT", out.to);
  return base::Ok{};
}

base::Result<base::Ok, UsageError> read_words(Raw& raw) {
  auto& out = raw.out;
  if (!raw.setup.empty()) {
    const auto setup = word<sdp::Setup>(
        raw.setup,
        {{"active", sdp::Setup::active}, {"passive", sdp::Setup::passive}, {"actpass", sdp::Setup::actpass}});
    if (!setup) return expected("--setup", "active, passive or actpass", raw.setup);
    out.setup = *setup;
  }
  if (!raw.peer.empty()) {
    const auto peer = word<PeerKind>(
        raw.peer, {{"cema", PeerKind::cema}, {"sessmatch", PeerKind::sessmatch}, {"plain", PeerKind::plain}});
    if (!peer) return expected("--peer", "cema, sessmatch or plain", raw.peer);
    out.peer = *peer;
  }
  if (!(raw.timeout >= 1 && raw.timeout <= 86'400))
    return UsageError{"--timeout: expected 1 to 86400 seconds"};
  out.timeout = std::chrono::seconds(static_cast<int>(raw.timeout));
  if (out.cert.empty() != out.key.empty()) return UsageError{"--cert and --key belong together"};
  if (out.count == 0) return UsageError{"--count: expected 1 or more"};
  out.tls = out.tls || out.e2ae;
  return base::Ok{};
}

Command command_of(const CLI::App& root) {
  if (root.got_subcommand("listen")) return Command::listen;
  if (root.got_subcommand("chat")) return Command::chat;
  return root.got_subcommand("send") ? Command::send : Command::receive;
}

}  // namespace

base::Result<Arguments, UsageError> parse_arguments(std::span<const std::string> args, std::string& help) {
  CLI::App root("an MSRP user agent", "postern ue");
  Raw raw;
  add_commands(root, raw);
  try {
    root.parse(std::vector<std::string>(args.rbegin(), args.rend()));  // CLI11 takes them from the back
  } catch (const CLI::CallForHelp&) {
    const auto chosen = root.get_subcommands();
    help = chosen.empty() ? root.help() : chosen.front()->help("postern ue");
    return raw.out;
  } catch (const CLI::Error& error) {
    return UsageError{base::printable(error.what(), 400) + " (see postern ue --help)"};
  }
  raw.out.command = command_of(root);
  if (const auto read = read_network(raw); !read) return read.error();
  if (const auto read = read_words(raw); !read) return read.error();
  return raw.out;
}

}  // namespace ue
