// Every transcript below tests/scenario is a test. With --actual FILE it prints what the controller really
// answers; with --carrier loop the controller commands the gateway over H.248 messages in memory, with udp
// and tcp over sockets from a process of its own.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/scenario/player.hpp"

namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

std::vector<std::filesystem::path> transcripts() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(POSTERN_SOURCE_DIR "/tests/scenario"))
    if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt" &&
        entry.path().parent_path().filename() != "_pending")
      out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

/// The conversation and what the gateway was told, without what is said or not said by default.
std::string told(const scenario::Script& script, scenario::Carrier carrier) {
  auto out = scenario::Player(script, carrier).actual();
  const std::string usual = " match=uri";
  for (auto at = out.find(usual); at != out.npos; at = out.find(usual, at)) out.erase(at, usual.size());
  return out;
}

class Transcript : public testing::Test {
 public:
  Transcript(std::filesystem::path path, scenario::Carrier carrier)
      : path_(std::move(path)), carrier_(carrier) {}
  void TestBody() override {
    const auto script = scenario::parse(read(path_));
    EXPECT_FALSE(script.title.empty()) << "the first line says what it shows: # ...";
    EXPECT_FALSE(script.clause.empty()) << "clause: names what it follows";
    scenario::Player player(script, carrier_);
    const auto wrong = player.play();
    EXPECT_TRUE(wrong.empty()) << path_ << " " << wrong;
    if (carrier_ == scenario::Carrier::direct) return;
    // All that the gateway was told, and not only what the transcript looks at.
    EXPECT_EQ(told(script, carrier_), told(script, scenario::Carrier::direct)) << path_;
  }

 private:
  std::filesystem::path path_;
  scenario::Carrier carrier_;
};

/// What is left of a transcript when its numbers and comments are not looked at.
std::string shape(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#") || line.starts_with("clause:")) continue;
    for (const char c : line) {
      const bool digit = c >= '0' && c <= '9';
      if (!digit || !out.ends_with('0')) out += digit ? '0' : c;
    }
    out += '\n';
  }
  return out;
}

TEST(Transcripts, AreNinetyAndNoTwoDifferOnlyInNumbers) {
  std::map<std::string, std::string> seen;
  for (const auto& path : transcripts()) {
    const auto [place, fresh] = seen.emplace(shape(read(path)), path.string());
    EXPECT_TRUE(fresh) << path << " is " << place->second << " with other numbers";
  }
  EXPECT_GE(seen.size(), 90u);
}

/// A transcript that says neither why nor what was wrong would hold whatever was decided.
TEST(Transcripts, EachSaysWhy) {
  for (const auto& path : transcripts()) {
    const auto script = scenario::parse(read(path));
    const bool says = std::any_of(script.steps.begin(), script.steps.end(), [](const auto& step) {
      return !step.why.empty() || step.verb == "error" || step.verb == "warning";
    });
    EXPECT_TRUE(says) << path;
  }
}

int print_actual(const char* path) {
  const auto script = scenario::parse(read(path));
  std::cout << scenario::Player(script).actual();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--actual") return print_actual(argv[2]);
  testing::InitGoogleTest(&argc, argv);
  auto carrier = scenario::Carrier::direct;
  if (argc == 3 && std::string_view(argv[1]) == "--carrier") {
    const std::map<std::string_view, scenario::Carrier> carriers = {{"direct", carrier},
                                                                    {"loop", scenario::Carrier::loop},
                                                                    {"udp", scenario::Carrier::udp},
                                                                    {"tcp", scenario::Carrier::tcp}};
    const auto found = carriers.find(argv[2]);
    if (found == carriers.end()) return 2;
    carrier = found->second;
  }
  for (const auto& path : transcripts()) {
    const auto folder = path.parent_path().filename().string();
    testing::RegisterTest(folder.c_str(), path.stem().c_str(), nullptr, nullptr, path.c_str(), 1,
                          [path, carrier]() -> testing::Test* { return new Transcript(path, carrier); });
  }
  return RUN_ALL_TESTS();
}
