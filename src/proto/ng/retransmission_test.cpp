#include "proto/ng/retransmission.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using ng::CookieCache;
using State = ng::CookieCache::State;

const base::Time start = base::Time(1000s);

TEST(CookieCache, gives_a_repeated_request_its_answer_again) {
  CookieCache cache;
  EXPECT_EQ(cache.begin("udp:1", "c", start).state, State::fresh);
  cache.finish("udp:1", "c", "c d6:result2:oke", start);
  for (int i = 0; i < 3; ++i) {
    const auto found = cache.begin("udp:1", "c", start + 1s);
    EXPECT_EQ(found.state, State::answered);
    EXPECT_EQ(found.reply, "c d6:result2:oke");
  }
}

TEST(CookieCache, does_not_have_a_request_carried_out_twice_while_it_is_in_progress) {
  CookieCache cache;
  cache.begin("udp:1", "c", start);
  EXPECT_EQ(cache.begin("udp:1", "c", start + 1s).state, State::in_progress);
  cache.finish("udp:1", "c", "answer", start + 2s);
  EXPECT_EQ(cache.begin("udp:1", "c", start + 2s).reply, "answer");
}

TEST(CookieCache, tells_sources_and_cookies_apart) {
  CookieCache cache;
  cache.begin("udp:1", "c", start);
  EXPECT_EQ(cache.begin("udp:2", "c", start).state, State::fresh);
  EXPECT_EQ(cache.begin("udp:1", "d", start).state, State::fresh);
  cache.finish("udp:2", "c", "two", start);
  EXPECT_EQ(cache.begin("udp:1", "c", start).state, State::in_progress);
  EXPECT_EQ(cache.begin("udp:2", "c", start).reply, "two");
}

TEST(CookieCache, forgets_answers_and_unanswered_requests_when_they_are_old) {
  CookieCache cache({.age = 10s});
  cache.begin("s", "answered", start);
  cache.finish("s", "answered", "a", start + 5s);
  cache.begin("s", "unanswered", start);
  EXPECT_EQ(cache.begin("s", "unanswered", start + 9s).state, State::in_progress);
  EXPECT_EQ(cache.begin("s", "answered", start + 14s).state, State::answered);
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(cache.begin("s", "answered", start + 15s).state, State::fresh);
  EXPECT_EQ(cache.octets(), 0U);
}

TEST(CookieCache, ignores_the_answer_to_a_request_that_it_forgot) {
  CookieCache cache({.age = 10s});
  cache.begin("s", "c", start);
  cache.begin("s", "other", start + 10s);
  cache.finish("s", "c", "late", start + 11s);
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(cache.octets(), 0U);
}

TEST(CookieCache, keeps_the_first_answer_of_a_request) {
  CookieCache cache;
  cache.begin("s", "c", start);
  cache.finish("s", "c", "first", start);
  cache.finish("s", "c", "second", start);
  EXPECT_EQ(cache.begin("s", "c", start).reply, "first");
  EXPECT_EQ(cache.octets(), 5U);
}

TEST(CookieCache, drops_the_oldest_answer_when_it_is_full_but_no_request_in_progress) {
  CookieCache cache({.max_requests = 2});
  cache.begin("s", "a", start);
  cache.begin("s", "b", start);
  EXPECT_EQ(cache.begin("s", "c", start).state, State::full);
  cache.finish("s", "b", "answer", start);
  EXPECT_EQ(cache.begin("s", "c", start).state, State::fresh);
  EXPECT_EQ(cache.begin("s", "a", start).state, State::in_progress);
  EXPECT_EQ(cache.size(), 2U);
}

TEST(CookieCache, keeps_no_more_octets_than_it_may) {
  CookieCache cache({.max_octets = 10});
  for (const char* cookie : {"a", "b", "c"}) {
    cache.begin("s", cookie, start);
    cache.finish("s", cookie, "12345", start);
  }
  EXPECT_EQ(cache.octets(), 10U);
  EXPECT_EQ(cache.begin("s", "b", start).state, State::answered);
  EXPECT_EQ(cache.begin("s", "a", start).state, State::fresh);
  cache.begin("s", "long", start);
  cache.finish("s", "long", "an answer longer than all", start);
  EXPECT_EQ(cache.octets(), 0U);
}

}  // namespace
