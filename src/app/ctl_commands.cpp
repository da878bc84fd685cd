#include "app/ctl_commands.hpp"

#include <array>

#include <CLI/CLI.hpp>

#include "app/cli.hpp"
#include "app/ctl_http.hpp"
#include "app/ctl_text.hpp"
#include "base/text.hpp"

namespace app {
namespace {

void add_list(CLI::App& app, CtlArguments& into) {
  add_admin_options(app, into);
  app.add_option("--limit", into.limit, "calls to list at most (default 100)")
      ->type_name("N")
      ->check(CLI::Range(1U, 1'000'000U));
}

void add_call(CLI::App& app, CtlArguments& into) {
  add_admin_options(app, into);
  app.add_option("CALL-ID", into.call_id, "the call's Call-ID")
      ->required()
      ->type_name("")
      ->check([](const std::string& id) { return id.empty() ? "expected a Call-ID" : ""; });
}

void add_trace(CLI::App& app, CtlArguments& into) {
  add_admin_options(app, into);
  app.add_option("ASSOCIATION", into.association, "its peer or route, as `associations` shows it")
      ->required()
      ->type_name("");
  app.add_option_function<std::string>(
         "SWITCH", [&into](const std::string& word) { into.trace = word == "on"; }, "on or off")
      ->required()
      ->type_name("")
      ->check(CLI::IsMember({"on", "off"}));
}

int fail(const CtlStreams& streams, const CtlError& error) {
  return streams.fail(error.code, error.reason);
}

/// Asks, and hands a dictionary with status 200 to `print`; anything else is the failure that it is.
template <class Print>
int ask(const CtlArguments& arguments, const CtlStreams& streams, std::string_view method,
        const std::string& path, const Print& print) {
  const auto admin = admin_address(arguments);
  if (!admin) return fail(streams, admin.error());
  const auto response = ask_admin(*admin, method, path);
  if (!response) return fail(streams, response.error());
  const auto reply = read_reply(*response);
  if (!reply) {
    const auto& named = arguments.call_id.empty() ? arguments.association : arguments.call_id;
    const auto about = named.empty() ? *admin : named;
    return fail(streams, {about + ": " + reply.error().reason, reply.error().code});
  }
  return arguments.json ? streams.print(response->body) : print(*reply);
}

int run_list(const CtlArguments& arguments, const CtlStreams& streams) {
  const auto path = "/v1/calls?limit=" + std::to_string(arguments.limit);
  return ask(arguments, streams, "GET", path, [&](const ng::Dictionary& reply) {
    const auto* value = reply.find("calls");
    const auto* calls = value == nullptr ? nullptr : value->list();
    if (calls == nullptr) return streams.fail(exit_failed, "the answer holds no list of calls");
    const int code = streams.print(list_text(reply));
    if (code == exit_good && calls->size() >= arguments.limit)
      return streams.fail(exit_good, "there may be more calls; --limit N shows more of them");
    return code;
  });
}

int run_show(const CtlArguments& arguments, const CtlStreams& streams) {
  return ask(arguments, streams, "GET", call_path(arguments.call_id),
             [&](const ng::Dictionary& reply) { return streams.print(call_text(reply)); });
}

int run_delete(const CtlArguments& arguments, const CtlStreams& streams) {
  return ask(arguments, streams, "DELETE", call_path(arguments.call_id), [&](const ng::Dictionary& reply) {
    return streams.print(deleted_text(arguments.call_id, reply));
  });
}

int run_associations(const CtlArguments& arguments, const CtlStreams& streams) {
  return ask(arguments, streams, "GET", "/v1/associations",
             [&](const ng::Dictionary& reply) { return streams.print(associations_text(reply)); });
}

int run_trace(const CtlArguments& arguments, const CtlStreams& streams) {
  const std::string word = arguments.trace ? "on" : "off";
  return ask(
      arguments, streams, "POST", association_path(arguments.association) + "/trace/" + word,
      [&](const ng::Dictionary&) {
        return streams.print("trace of " + base::printable(arguments.association, 200) + ": " + word + "\n");
      });
}

/// 503 is an answer as well: it lives, but takes no calls.
int run_health(const CtlArguments& arguments, const CtlStreams& streams) {
  const auto admin = admin_address(arguments);
  if (!admin) return fail(streams, admin.error());
  const auto response = ask_admin(*admin, "GET", "/healthz");
  if (!response) return fail(streams, response.error());
  if (response->status != 200 && response->status != 503)
    return streams.fail(exit_failed, *admin + ": status " + std::to_string(response->status));
  const std::string word = response->status == 200 ? "ok" : "draining";
  const int code = streams.print(arguments.json ? R"({"health":")" + word + "\"}\n" : word + "\n");
  return response->status == 200 ? code : exit_failed;
}

constexpr std::array<CtlCommand, 7> commands{{
    {"list", "a line for each call: how it stands, its legs, its octets", add_list, run_list},
    {"show", "one call: both ends, their terminations, what was decided and why", add_call, run_show},
    {"delete", "end one call", add_call, run_delete},
    {"explain", "what would become of an SDP offer (and its answer), without a call", add_explain,
     run_explain},
    {"associations", "the H.248 control plane: each peer, how it stands, its contexts and transactions",
     add_admin_options, run_associations},
    {"trace", "log every message of one H.248 association, or no longer", add_trace, run_trace},
    {"health", "ok; or draining, with exit code 1", add_admin_options, run_health},
}};

}  // namespace

std::span<const CtlCommand> ctl_commands() {
  return commands;
}

void add_admin_options(CLI::App& app, CtlArguments& into) {
  app.add_option("--admin", into.admin, "where Postern's admin HTTP listens (default 127.0.0.1:9900)")
      ->type_name("HOST:PORT");
  app.add_option("--config", into.config, "take admin.listen from this TOML file")->type_name("FILE");
  app.add_flag("--json", into.json, "the answer as JSON, as it came");
}

int CtlStreams::print(std::string_view text) const {
  const bool written = std::fwrite(text.data(), 1, text.size(), out) == text.size() && std::fflush(out) == 0;
  return written ? exit_good : fail(exit_failed, "the answer cannot be written");
}

int CtlStreams::fail(int code, std::string_view text) const {
  std::fprintf(err, "postern ctl: %s\n", base::printable(text, 1000).c_str());
  return code;
}

}  // namespace app
