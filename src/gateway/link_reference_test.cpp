// Whatever the stream and wherever it is cut: a link says what the reference says.
#include <gtest/gtest.h>

#include "tests/support/link_comparison.hpp"

namespace gateway {
namespace {

TEST(LinkReference, agrees_on_any_stream) {
  std::size_t octets = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    test::SeededRandom random(seed);
    test::LinkComparison c(random);
    for (unsigned turn = 0; turn < 4; ++turn) {
      c.hear(turn % 2, c.stream(turn % 2));
      ASSERT_EQ(c.out_of(0), c.reference.out(0)) << "seed " << seed << " turn " << turn;
      ASSERT_EQ(c.out_of(1), c.reference.out(1)) << "seed " << seed << " turn " << turn;
      ASSERT_TRUE(c.agrees()) << "seed " << seed << " turn " << turn;
    }
    octets += c.out_of(0).size() + c.out_of(1).size();
  }
  EXPECT_GT(octets, 1000000U);  // the streams were not all refused
}

/// What has come out of an incomplete message is the beginning of what comes out when it is complete.
TEST(LinkReference, agrees_on_the_beginning_of_a_message) {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    test::SeededRandom random(seed);
    test::LinkComparison c(random);
    const auto whole = c.dice.request(c.rig.s.bob_seen, c.rig.s.alice).print();
    const auto half = whole.substr(0, c.dice.below(whole.size()));
    c.hear(0, half);
    test::ReferenceRelay reference({c.rig.s.bob_seen, c.rig.s.alice}, {c.rig.s.alice_seen, c.rig.s.bob});
    reference.hear(0, whole);
    ASSERT_TRUE(reference.out(1).starts_with(c.rig.bob.wire.out)) << "seed " << seed;
    ASSERT_TRUE(reference.out(0).starts_with(c.rig.alice.wire.out)) << "seed " << seed;
    c.rig.hear(c.rig.alice, std::string_view(whole).substr(half.size()));
    ASSERT_EQ(c.rig.bob.wire.out, reference.out(1)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace gateway
