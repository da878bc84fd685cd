#include "ue/arguments.hpp"

#include <gtest/gtest.h>

#include "ue/command.hpp"

namespace ue {
namespace {

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto space = text.find(' ');
    out.emplace_back(text.substr(0, space));
    text.remove_prefix(space == text.npos ? text.size() : space + 1);
  }
  return out;
}

base::Result<Arguments, UsageError> parse(std::string_view text) {
  std::string help;
  return parse_arguments(words(text), help);
}

TEST(CommandLine, is_understood) {
  const auto chat = parse(
      "chat --to http://127.0.0.1:4000 --ng 127.0.0.1:2228 --direction access,core --flag msrp-e2ae --flag "
      "msrp-tls=tls --e2ae --peer sessmatch --setup active --timeout 5 --wait-reply 2 --json --address ::1");
  ASSERT_TRUE(chat) << chat.error().why;
  EXPECT_EQ(chat->command, Command::chat);
  EXPECT_EQ(chat->ng->to_string(), "127.0.0.1:2228");
  EXPECT_EQ(chat->direction, std::pair(std::string("access"), std::string("core")));
  EXPECT_EQ(chat->flags, (std::vector<std::string>{"msrp-e2ae", "msrp-tls=tls"}));
  EXPECT_TRUE(chat->tls && chat->e2ae && chat->json);
  EXPECT_EQ(chat->peer, PeerKind::sessmatch);
  EXPECT_EQ(chat->setup, sdp::Setup::active);
  EXPECT_EQ(chat->timeout, std::chrono::seconds(5));
  EXPECT_TRUE(chat->address.is_v6());
  const auto receive = parse("receive --signal [::1]:0 --out files --count 3 --max-size 1000");
  ASSERT_TRUE(receive) << receive.error().why;
  EXPECT_EQ(receive->count, 3U);
  EXPECT_EQ(receive->max_size, 1000U);
}

class BadUsage : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(BadUsage, is_told_with_the_option_that_was_wrong) {
  const auto& [line, reason] = GetParam();
  const auto arguments = parse(line);
  ASSERT_FALSE(arguments) << line;
  EXPECT_NE(arguments.error().why.find(reason), std::string::npos) << arguments.error().why;
}

using Bad = std::pair<const char*, const char*>;
INSTANTIATE_TEST_SUITE_P(
    Lines, BadUsage,
    ::testing::Values(Bad{"", "ubcommand"}, Bad{"talk", "postern ue --help"}, Bad{"listen", "--signal"},
                      Bad{"listen --signal here", "--signal: expected ADDRESS:PORT"},
                      Bad{"send --text x", "--to"}, Bad{"send --to http://127.0.0.1:1", "--file,--text"},
                      Bad{"send --to http://127.0.0.1:1 --text x --file y", "--file,--text"},
                      Bad{"send --to 127.0.0.1:1 --text x", "--to: expected http://"},
                      Bad{"chat --to http://127.0.0.1:1 --ng x", "--ng: expected ADDRESS:PORT"},
                      Bad{"chat --to http://127.0.0.1:1 --flag x", "need --ng"},
                      Bad{"chat --to http://127.0.0.1:1 --ng 127.0.0.1:2 --direction a", "REALM,REALM"},
                      Bad{"chat --to http://127.0.0.1:1 --setup maybe", "--setup: expected active"},
                      Bad{"chat --to http://127.0.0.1:1 --peer x", "--peer: expected cema"},
                      Bad{"chat --to http://127.0.0.1:1 --address 0.0.0.0", "--address"},
                      Bad{"chat --to http://127.0.0.1:1 --timeout 0", "--timeout"},
                      Bad{"chat --to http://127.0.0.1:1 --cert a.pem", "belong together"},
                      Bad{"receive --signal 127.0.0.1:0 --count 0", "--count"}));

TEST(CommandLine, bad_usage_ends_with_2_and_help_with_0) {
  EXPECT_EQ(ue::main(words("send --text x")), 2);
  EXPECT_EQ(ue::main(words("listen --signal 127.0.0.1:0 --cert none.pem --key none.key")), 2);
  EXPECT_EQ(ue::main(words("receive --signal 127.0.0.1:0 --out /dev/null/x")), 2);
  EXPECT_EQ(ue::main(words("--help")), 0);
  EXPECT_EQ(ue::main(words("send --help")), 0);
}

}  // namespace
}  // namespace ue
