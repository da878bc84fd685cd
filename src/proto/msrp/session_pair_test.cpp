// Two sessions facing each other over a wire that cuts as it likes, in virtual time.
#include <tuple>

#include <gtest/gtest.h>

#include "proto/msrp/session.hpp"
#include "tests/support/msrp_session.hpp"

namespace {

using test::MsrpEnd;
using namespace std::chrono_literals;

// Delivers pieces of `most` octets at most until both ends are silent.
class Pair {
 public:
  Pair(msrp::SessionOptions a, msrp::SessionOptions b, std::uint64_t seed, std::size_t most)
      : alice(std::move(a), seed), bob(std::move(b), seed + 1), chance_(seed + 2), most_(most) {
    alice.connect();
    bob.connect();
  }
  void run() {
    for (bool moved = true; moved;) {
      moved = deliver(alice, bob);
      moved = deliver(bob, alice) || moved;
    }
  }
  MsrpEnd alice, bob;

 private:
  bool deliver(MsrpEnd& from, MsrpEnd& to) {
    const auto octets = from.say_once(1 + chance_.next_u64() % most_);
    for (std::size_t at = 0, n = 0; at < octets.size(); at += n) {
      n = 1 + chance_.next_u64() % most_;
      to.hear(std::string_view(octets).substr(at, n));
    }
    from.now += 1ms;
    return !octets.empty();
  }
  test::SeededRandom chance_;
  std::size_t most_;
};

std::string noise(std::size_t size, std::uint64_t seed) {
  test::SeededRandom random(seed);
  std::string text(size, '\0');
  random.fill(std::as_writable_bytes(std::span(text)));
  for (std::size_t i = 0; i + 60 < size; i += 97)
    text.replace(i, 9, "\r\n-------");  // what end-lines begin with
  return text;
}

TEST(Pair, CarriesEverySizeBothWaysOverEveryWire) {
  for (const std::size_t most : {1, 7, 1000, 100'000}) {
    Pair pair(MsrpEnd::alice(), MsrpEnd::bob(), most, most);
    std::uint64_t id = 0;
    for (const std::size_t size : {0, 1, 2047, 2048, 2049, 5000, 20'000}) {
      const auto there = noise(size, size + 1), back = noise(size, size + 2);
      ++id;
      ASSERT_TRUE(pair.alice.session.send(msrp::text_message(there)));
      ASSERT_TRUE(pair.bob.session.send(msrp::text_message(back)));
      pair.run();
      ASSERT_EQ(pair.bob.diary.body, there) << size << " over " << most;
      ASSERT_EQ(pair.alice.diary.body, back);
      for (auto* end : {&pair.alice, &pair.bob}) {
        const auto story = end->diary.take();
        EXPECT_NE(story.find("accepted " + std::to_string(id) + "\n"), story.npos) << story;
        EXPECT_EQ(story.find("fail"), story.npos);
      }
    }
    EXPECT_EQ(pair.alice.session.deadline(), base::never);
  }
}

TEST(Pair, CountsTheSameOnBothEnds) {
  Pair pair(MsrpEnd::alice(), MsrpEnd::bob(), 3, 500);
  for (int i = 0; i < 5; ++i) {
    auto message = msrp::text_message(noise(9000, 5));
    message.success_report = true;
    ASSERT_TRUE(pair.alice.session.send(std::move(message)));
    ASSERT_TRUE(pair.bob.session.send(msrp::text_message("hello")));
  }
  pair.run();
  const auto same = [](const msrp::SessionCounters::Direction& sent,
                       const msrp::SessionCounters::Direction& received) {
    EXPECT_GT(sent.octets, 0u);
    EXPECT_EQ(sent.octets, received.octets);
    EXPECT_EQ(sent.sends, received.sends);
    EXPECT_EQ(sent.reports, received.reports);
    EXPECT_EQ(sent.responses_2xx, received.responses_2xx);
    EXPECT_EQ(sent.messages_completed, 5u);
    EXPECT_EQ(received.messages_completed, 5u);
    EXPECT_EQ(sent.responses_4xx + sent.responses_5xx + sent.messages_aborted + received.messages_aborted,
              0u);
  };
  const auto &a = pair.alice.session.counters(), &b = pair.bob.session.counters();
  same(a.sent, b.received);
  same(b.sent, a.received);
  EXPECT_EQ(a.received.reports, 5u);
  EXPECT_EQ(a.ignored_responses + a.ignored_reports + a.timeouts, 0u);
}

class Combination : public testing::TestWithParam<std::tuple<msrp::FailureReport, bool, bool, std::size_t>> {
};

TEST_P(Combination, OfReportsEndsAsItShould) {
  const auto [failure, success, each_chunk, fixed] = GetParam();
  auto a = MsrpEnd::alice(), b = MsrpEnd::bob();
  a.sender.fixed_chunk = fixed;
  b.receiver.report_each_chunk = each_chunk;
  Pair pair(std::move(a), std::move(b), 11, 3000);
  auto message = msrp::text_message(noise(6000, 1));
  message.failure_report = failure;
  message.success_report = success;
  ASSERT_TRUE(pair.alice.session.send(std::move(message)));
  pair.run();
  const auto story = pair.alice.diary.take();
  EXPECT_NE(story.find("sent 1\n"), story.npos);
  EXPECT_EQ(story.find("accepted 1\n") != story.npos, failure == msrp::FailureReport::yes) << story;
  EXPECT_EQ(story.find("delivered 1\n") != story.npos, success) << story;
  EXPECT_EQ(pair.bob.session.counters().sent.reports > 0, success);
  pair.alice.wait(1h);
  EXPECT_EQ(pair.alice.diary.take(), "");
  EXPECT_EQ(pair.alice.session.progress(msrp::OutgoingId{1}), std::nullopt);  // nothing is kept
}
INSTANTIATE_TEST_SUITE_P(All, Combination,
                         testing::Combine(testing::Values(msrp::FailureReport::yes, msrp::FailureReport::no,
                                                          msrp::FailureReport::partial),
                                          testing::Bool(), testing::Bool(), testing::Values(0u, 2048u)));

TEST(Pair, SurvivesBothBeingActive) {
  auto b = MsrpEnd::bob();
  b.active = true;
  Pair pair(MsrpEnd::alice(), std::move(b), 1, 100);
  ASSERT_TRUE(pair.alice.session.send(msrp::text_message("hi")));
  pair.run();
  EXPECT_EQ(pair.bob.diary.take(), "bound\nstarted 1 text/plain\nreceived 1 [hi]\n");
}

TEST(Pair, InterruptsALongMessageForWhatThePeerNeeds) {
  Pair pair(MsrpEnd::alice(), MsrpEnd::bob(), 1, 4000);
  ASSERT_TRUE(pair.alice.session.send(msrp::text_message(noise(1 << 20, 9))));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pair.bob.session.send(msrp::text_message(noise(3000, 8))));
  pair.run();
  EXPECT_EQ(pair.bob.diary.body, noise(1 << 20, 9));
  const auto chunks = pair.alice.session.counters().sent.sends;
  EXPECT_GT(chunks, 5u);
  EXPECT_LT(chunks, 40u);  // as few as possible: one an answer, not one each 2048 octets
}

TEST(Pair, StopsAtTheReceiversLimit) {
  auto b = MsrpEnd::bob();
  b.receiver.max_message = 100'000;
  Pair pair(MsrpEnd::alice(), std::move(b), 1, 5000);
  ASSERT_TRUE(pair.alice.session.send(msrp::text_message(noise(1 << 20, 9))));
  pair.run();
  EXPECT_NE(pair.alice.diary.take().find("failed 1 413 Message Too Large\n"), std::string::npos);
  EXPECT_LT(pair.alice.session.counters().sent.octets, 50'000u);
  ASSERT_TRUE(pair.alice.session.send(msrp::text_message("smaller")));
  pair.run();
  EXPECT_EQ(pair.bob.diary.body, "smaller");
}

}  // namespace
