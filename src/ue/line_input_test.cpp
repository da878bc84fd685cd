#include "ue/line_input.hpp"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "net/fd.hpp"
#include "tests/support/ue_party.hpp"

namespace ue {
namespace {

class LineInputTest : public ::testing::Test {
 protected:
  ~LineInputTest() override { std::fclose(echo); }
  LineInput::Handlers handlers() {
    return {.on_line = [this](std::string line) { lines.push_back(std::move(line)); },
            .on_key = [this] { ++keys; },
            .on_end = [this] { ended = true; }};
  }
  bool until(const std::function<bool()>& condition) { return test::run_until(reactor, condition); }

  net::Reactor reactor;
  std::FILE* echo = std::tmpfile();
  std::vector<std::string> lines;
  unsigned keys = 0;
  bool ended = false;
};

TEST_F(LineInputTest, reads_lines_from_a_pipe_in_whatever_pieces_they_come) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  net::Fd out(ends[0]), in(ends[1]);
  LineInput input(reactor, out.get(), echo, handlers());
  input.start();
  EXPECT_FALSE(input.is_terminal());
  ASSERT_EQ(::write(in.get(), "one\r\ntw", 7), 7);
  ASSERT_TRUE(until([&] { return lines.size() == 1; }));
  ASSERT_EQ(::write(in.get(), "o\nthree", 7), 7);
  in.reset();
  ASSERT_TRUE(until([&] { return ended; }));
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(keys, 0U);
}

TEST_F(LineInputTest, cuts_a_line_that_is_no_line) {
  std::FILE* file = std::tmpfile();
  const std::string text(LineInput::longest_line + 100, 'x');
  std::fputs((text + "\nend\n").c_str(), file);
  std::fflush(file);
  std::rewind(file);
  LineInput input(reactor, ::fileno(file), echo, handlers());
  input.start();
  ASSERT_TRUE(until([&] { return ended; }));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].size(), LineInput::longest_line);
  EXPECT_EQ(lines[1], "end");
  std::fclose(file);
}

TEST_F(LineInputTest, ends_at_once_where_there_is_nothing_to_read) {
  const net::Fd null(::open("/dev/null", O_RDONLY));
  LineInput input(reactor, null.get(), echo, handlers());
  input.start();
  EXPECT_TRUE(until([&] { return ended; }));
}

TEST_F(LineInputTest, sees_the_keys_of_a_terminal_and_corrects_them) {
  const net::Fd master(::posix_openpt(O_RDWR | O_NOCTTY));
  ASSERT_TRUE(master && ::grantpt(master.get()) == 0 && ::unlockpt(master.get()) == 0);
  const net::Fd terminal(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY));
  ASSERT_TRUE(terminal);
  {
    LineInput input(reactor, terminal.get(), echo, handlers());
    input.start();
    ASSERT_TRUE(input.is_terminal());
    ASSERT_EQ(::write(master.get(),
                      "g\xc3\xbc\x7f"
                      "ut",
                      6),
              6);  // a backspace takes the whole u umlaut
    ASSERT_TRUE(until([&] { return keys >= 4; }));
    EXPECT_TRUE(lines.empty());
    ASSERT_EQ(::write(master.get(), "\x1b[D!\n", 5), 5);  // an arrow key is no text
    ASSERT_TRUE(until([&] { return lines.size() == 1; }));
    EXPECT_EQ(lines[0], "gut!");
    ASSERT_EQ(::write(master.get(), "\x04", 1), 1);
    ASSERT_TRUE(until([&] { return ended; }));
  }
}

}  // namespace
}  // namespace ue
