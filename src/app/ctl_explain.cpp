#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

#include <CLI/CLI.hpp>

#include "app/cli.hpp"
#include "app/ctl_commands.hpp"
#include "app/explain.hpp"
#include "base/text.hpp"
#include "proto/ng/json.hpp"

namespace app {
namespace {

std::optional<std::string> read_file(const std::string& name) {
  std::ifstream file;
  if (name != "-") file.open(name, std::ios::binary);
  std::istream& in = name == "-" ? std::cin : file;
  std::string out{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return in.bad() || (name != "-" && !file.is_open()) ? std::nullopt : std::optional(std::move(out));
}

}  // namespace

void add_explain(CLI::App& app, CtlArguments& into) {
  app.add_option("FILE", into.offer_file, "the offer's SDP; -: standard input")->required()->type_name("");
  app.add_option("--answer", into.answer_file, "the SDP of its answer")->type_name("FILE");
  app.add_option("--from", into.from, "realm of the offerer (default: the first)")->type_name("REALM");
  app.add_option("--to", into.to, "realm of the recipient (default: the second)")->type_name("REALM");
  app.add_option("--flag", into.flags,
                 "as the proxy would send it: msrp-e2ae, msrp-tls=tcp, msrp-peer=plain ...")
      ->type_name("FLAG")
      ->allow_extra_args(false);
  app.add_option("--received-from", into.received_from,
                 "address that the proxy would see the offer come from")
      ->type_name("IP");
  app.add_option("--config", into.config, "TOML file; without it the defaults hold")->type_name("FILE");
  app.add_flag("--json", into.json, "as JSON");
  app.footer(
      "Exit code 0: a section is served; 1: none is, and it says why; 2: the question cannot be understood.");
}

int run_explain(const CtlArguments& arguments, const CtlStreams& streams) {
  Question question;
  if (!arguments.config.empty()) {
    auto config = load_config(arguments.config);
    if (!config) return streams.fail(exit_usage, config.error().reason);
    question.config = *std::move(config);
  }
  for (const auto& [name, into] :
       {std::pair(&arguments.offer_file, &question.offer), {&arguments.answer_file, &question.answer}}) {
    if (name->empty()) continue;
    auto text = read_file(*name);
    if (!text) return streams.fail(exit_usage, *name + ": cannot be read");
    *into = *std::move(text);
  }
  question.from = arguments.from;
  question.to = arguments.to;
  question.flags = arguments.flags;
  question.received_from = arguments.received_from;
  const auto explained = explain(question);
  if (!explained) return streams.fail(exit_usage, explained.error());
  std::string text;
  if (arguments.json) {
    ng::print_json(*explained, text);
    text += "\n";
  } else {
    text = explain_text(*explained);
  }
  const int code = streams.print(text);
  return code == exit_good && *explained->find("served") == 0 ? int{exit_failed} : code;
}

}  // namespace app
