#include "app/log.hpp"

#include <array>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace app {
namespace {

std::string line(std::string value) {
  const base::LogField field{"key", std::move(value)};
  const auto text = format_log_line("T", base::LogLevel::info, "event", {&field, 1});
  const std::string prefix = "ts=T level=info event=event key=";
  EXPECT_TRUE(text.starts_with(prefix)) << text;
  return text.substr(prefix.size());
}

TEST(LogLine, PlainValuesStandAsTheyAre) {
  EXPECT_EQ(line("udp:127.0.0.1:2228,unix:/run/ng.sock"), "udp:127.0.0.1:2228,unix:/run/ng.sock");
}

TEST(LogLine, WhatCouldBeMistakenStandsInQuotes) {
  EXPECT_EQ(line(""), "\"\"");
  EXPECT_EQ(line("two words"), "\"two words\"");
  EXPECT_EQ(line("a=b"), "\"a=b\"");
  EXPECT_EQ(line("a\"b\\c"), R"("a\"b\\c")");
}

TEST(LogLine, APeersTextCannotBeginALineOrSpeakToTheTerminal) {
  EXPECT_EQ(line("x\nts=T level=info event=forged"), R"("x\nts=T level=info event=forged")");
  EXPECT_EQ(line(std::string("\x1b[2J\r\0\x7f\xc2\x9b", 9)), R"("\x1b[2J\x0d\x00\x7f\xc2\x9b")");
  for (int octet = 0; octet < 256; ++octet) {
    for (const char c : line(std::string(1, static_cast<char>(octet)))) {
      EXPECT_GE(c, 0x20);
      EXPECT_LT(c, 0x7f);
    }
  }
}

TEST(LogLine, LongValuesAreCut) {
  EXPECT_EQ(line(std::string(max_log_value, 'x')), std::string(max_log_value, 'x'));
  EXPECT_EQ(line(std::string(max_log_value + 1, 'x')), "\"" + std::string(max_log_value, 'x') + "...\"");
}

class LogTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::pipe(pipe_.data()), 0); }
  void TearDown() override {
    ::close(pipe_[0]);
    if (pipe_[1] >= 0) ::close(pipe_[1]);
  }
  std::string all() {
    ::close(pipe_[1]);
    pipe_[1] = -1;
    std::string out(65536, '\0');
    std::size_t size = 0;
    for (ssize_t n = 0; (n = ::read(pipe_[0], out.data() + size, out.size() - size)) > 0;)
      size += static_cast<std::size_t>(n);
    out.resize(size);
    return out;
  }
  std::array<int, 2> pipe_{-1, -1};
};

TEST_F(LogTest, WhatIsBelowTheLevelIsNotWritten) {
  LineLog log(pipe_[1], base::LogLevel::warning);
  log.info("quiet", {});
  log.warning("loud", {{"n", "1"}});
  log.set_level(base::LogLevel::debug);
  log.write(base::LogLevel::debug, "now", {});
  const auto text = all();
  EXPECT_EQ(text.find("quiet"), std::string::npos);
  EXPECT_NE(text.find(" level=warning event=loud n=1\n"), std::string::npos) << text;
  EXPECT_NE(text.find(" level=debug event=now\n"), std::string::npos) << text;
}

TEST_F(LogTest, LinesBeginWithTheTimeInUtc) {
  LineLog log(pipe_[1]);
  log.info("x", {});
  EXPECT_TRUE(testing::internal::RE::FullMatch(
      all(),
      testing::internal::RE("ts=[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z level=info event=x\n")));
}

TEST_F(LogTest, LinesOfSeveralThreadsDoNotMix) {
  LineLog log(pipe_[1]);
  std::vector<std::thread> threads;
  for (const char c : {'a', 'b', 'c'})
    threads.emplace_back([&log, c] {
      for (int i = 0; i < 50; ++i) log.info(std::string(60, c), {});
    });
  for (auto& thread : threads) thread.join();
  auto text = all();
  int lines = 0;
  for (std::size_t at = 0; at < text.size(); ++lines) {
    const auto end = text.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    const auto event = text.substr(end - 60, 60);
    EXPECT_EQ(event, std::string(60, event[0]));
    at = end + 1;
  }
  EXPECT_EQ(lines, 150);
}

}  // namespace
}  // namespace app
