// Every transcript below tests/scenario is a test. With --actual FILE it prints what the controller really
// answers.
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

class Transcript : public testing::Test {
 public:
  explicit Transcript(std::filesystem::path path) : path_(std::move(path)) {}
  void TestBody() override {
    const auto script = scenario::parse(read(path_));
    EXPECT_FALSE(script.title.empty()) << "the first line says what it shows: # ...";
    EXPECT_FALSE(script.clause.empty()) << "clause: names what it follows";
    scenario::Player player(script);
    const auto wrong = player.play();
    EXPECT_TRUE(wrong.empty()) << path_ << " " << wrong;
  }

 private:
  std::filesystem::path path_;
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
  for (const auto& path : transcripts()) {
    const auto folder = path.parent_path().filename().string();
    testing::RegisterTest(folder.c_str(), path.stem().c_str(), nullptr, nullptr, path.c_str(), 1,
                          [path]() -> testing::Test* { return new Transcript(path); });
  }
  return RUN_ALL_TESTS();
}
