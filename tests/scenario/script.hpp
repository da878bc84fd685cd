#pragma once
// A transcript of tests/scenario as a value: what is told to the controller and what it must answer. The
// format is told in tests/scenario/README.md.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scenario {

/// "key=value" words, in order; a word without '=' has an empty value.
using Words = std::vector<std::pair<std::string, std::string>>;

struct Step {
  enum class Kind { command, reply, check };
  Kind kind = Kind::command;
  std::size_t line = 0;  // where it stands, from 1
  std::string verb;      // offer, answer, ...; ok, error, ...; leg, clean, ...
  std::string rest;      // of its line, behind the verb
  std::string why;       // of a reply
  std::string sdp;       // lines with '\n'; empty: none
};

struct Script {
  std::string title, clause;
  std::vector<std::pair<std::string, Words>> realms;
  std::vector<std::pair<std::string, Words>> names;  // host -> its addresses
  bool bare_lf = false;
  std::vector<Step> steps;
};

Words words(std::string_view text);
/// Throws std::runtime_error that names the line.
Script parse(std::string_view text);

}  // namespace scenario
