#include "tests/scenario/script.hpp"

#include <cctype>
#include <sstream>
#include <stdexcept>

namespace scenario {
namespace {

/// A block that begins with a media section stands behind this.
constexpr std::string_view usual_session = "v=0\no=- 1 1 IN IP4 192.0.2.99\ns=-\nt=0 0\n";

bool is_sdp(std::string_view line) {
  return line.size() >= 2 && std::islower(static_cast<unsigned char>(line[0])) != 0 && line[1] == '=';
}

std::string_view take_word(std::string_view& text) {
  const auto begin = std::min(text.find_first_not_of(' '), text.size());
  const auto end = std::min(text.find(' ', begin), text.size());
  const auto word = text.substr(begin, end - begin);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

class Reader {
 public:
  void take(std::string_view line, std::size_t number) {
    if (is_sdp(line)) return sdp(line, number);
    if (line.starts_with("why: "))
      return last(number).why.append(last(number).why.empty() ? "" : " ").append(line.substr(5)), void();
    if (line.starts_with("# ")) return comment(line.substr(2));
    if (line.empty() || line == "#") return;
    if (line.starts_with("clause: ")) return void(out_.clause = line.substr(8));
    if (line == "endings lf") return void(out_.bare_lf = true);
    const auto mark = line.substr(0, 2);
    if (mark == "> ") return step(Step::Kind::command, line.substr(2), number);
    if (mark == "< ") return step(Step::Kind::reply, line.substr(2), number);
    if (mark == "= ") return step(Step::Kind::check, line.substr(2), number);
    auto rest = line;
    const auto verb = take_word(rest);
    const std::string name(take_word(rest));
    if (verb == "realm") return void(out_.realms.emplace_back(name, words(rest)));
    if (verb == "name") return void(out_.names.emplace_back(name, words(rest)));
    throw std::runtime_error("line " + std::to_string(number) +
                             ": cannot be understood: " + std::string(line));
  }
  Script take() { return std::move(out_); }

 private:
  Step& last(std::size_t number) {
    if (out_.steps.empty())
      throw std::runtime_error("line " + std::to_string(number) + ": no step before it");
    return out_.steps.back();
  }
  void comment(std::string_view text) {
    if (out_.title.empty()) out_.title = text;
  }
  void step(Step::Kind kind, std::string_view text, std::size_t number) {
    Step step{kind, number, std::string(take_word(text)), {}, {}, {}};
    step.rest = text;
    out_.steps.push_back(std::move(step));
  }
  void sdp(std::string_view line, std::size_t number) {
    auto& text = last(number).sdp;
    if (text.empty() && line.starts_with("m=")) text = usual_session;
    text.append(line).append("\n");
  }

  Script out_;
};

}  // namespace

Words words(std::string_view text) {
  Words out;
  while (true) {
    const auto word = take_word(text);
    if (word.empty()) return out;
    const auto equals = word.find('=');
    out.emplace_back(word.substr(0, equals), equals == word.npos ? "" : word.substr(equals + 1));
  }
}

Script parse(std::string_view text) {
  Reader reader;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) reader.take(line, number);
  return reader.take();
}

}  // namespace scenario
