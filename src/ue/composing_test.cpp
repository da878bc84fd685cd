#include "ue/composing.hpp"

#include <gtest/gtest.h>

namespace ue {
namespace {

using namespace std::chrono_literals;

TEST(Composing, is_read_as_it_is_written) {
  for (const auto& state : {Composing{true, 120s}, Composing{}})
    EXPECT_EQ(parse_composing(print_composing(state)), state);
}

// RFC 3994 6, with the namespace prefix that it allows.
TEST(Composing, reads_the_standards_example_and_takes_unknown_states_for_idle) {
  const auto state = parse_composing(
      "<?xml version=\"1.0\"?><i:isComposing xmlns:i='urn:ietf:params:xml:ns:im-iscomposing' x=\"<\">\n"
      "<i:state>active</i:state> <i:contenttype>text/plain</i:contenttype><i:refresh> 90 </i:refresh>"
      "</i:isComposing>");
  ASSERT_TRUE(state);
  EXPECT_EQ(*state, (Composing{true, 90s}));
  EXPECT_FALSE(parse_composing("<isComposing><state>thinking</state></isComposing>")->active);
  EXPECT_FALSE(parse_composing("<isComposing><state"));
  EXPECT_FALSE(parse_composing("no xml"));
}

TEST(ComposingSender, says_active_once_a_refresh_interval_and_idle_when_nobody_types_any_more) {
  ComposingSender sender;
  const base::Time begin{};
  EXPECT_EQ(sender.deadline(), base::never);
  EXPECT_EQ(sender.on_key(begin), (Composing{true, 120s}));
  EXPECT_FALSE(sender.on_key(begin + 10s));
  EXPECT_FALSE(sender.on_time(begin + 24s));
  EXPECT_EQ(sender.deadline(), begin + 25s);
  EXPECT_EQ(sender.on_time(begin + 25s), Composing{});
  EXPECT_TRUE(sender.on_key(begin + 30s));
  sender.on_sent();
  EXPECT_EQ(sender.deadline(), base::never);
}

TEST(ComposingSender, repeats_active_after_the_refresh_interval) {
  ComposingSender sender;
  base::Time now{};
  EXPECT_TRUE(sender.on_key(now));
  for (; now < base::Time{} + 110s; now += 10s) EXPECT_FALSE(sender.on_key(now));
  EXPECT_TRUE(sender.on_key(base::Time{} + 120s));
}

}  // namespace
}  // namespace ue
