#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "net/reactor.hpp"

namespace net {
namespace {

using namespace std::chrono_literals;

TEST(ReactorMailbox, TimeStandsStillWithinATurn) {
  Reactor reactor;
  base::Time earlier, later;
  reactor.post([&] {
    earlier = reactor.now();
    while (base::Clock::now() <= earlier) {
    }
  });
  reactor.post([&] { later = reactor.now(); });
  reactor.run_once(1h);
  EXPECT_EQ(earlier, later);
}

TEST(ReactorMailbox, TasksRunInTheirOrderAndWhatTheyPostRunsInTheNextTurn) {
  Reactor reactor;
  std::string order;
  reactor.post([&] {
    order += 'a';
    reactor.post([&] { order += 'c'; });
  });
  reactor.post([&] { order += 'b'; });
  reactor.run_once(1h);
  EXPECT_EQ(order, "ab");
  reactor.run_once(1h);
  EXPECT_EQ(order, "abc");
}

TEST(ReactorMailbox, FourThreadsPostAndEachOnesOrderIsKept) {
  constexpr int threads = 4, each = 20000;
  Reactor reactor;
  std::vector<int> next(threads);
  int total = 0, disorder = 0;
  std::vector<std::jthread> posters;
  for (std::size_t t = 0; t < threads; ++t)
    posters.emplace_back([&, t] {
      for (int i = 0; i < each; ++i)
        reactor.post([&, t, i] {
          disorder += next[t]++ == i ? 0 : 1;
          if (++total == threads * each) reactor.stop();
        });
    });
  reactor.run();
  EXPECT_EQ(total, threads * each);
  EXPECT_EQ(disorder, 0);
}

TEST(ReactorMailbox, APostWakesAReactorThatWaits) {
  Reactor reactor;
  std::jthread poster([&] { reactor.post([&] { reactor.stop(); }); });
  reactor.run();
}

TEST(ReactorStop, WorksFromAnotherThreadAndBeforeRun) {
  Reactor reactor;
  {
    std::jthread runner([&] { reactor.run(); });
    reactor.stop();
  }
  Reactor stopped;
  stopped.stop();
  stopped.run();
}

TEST(ReactorStop, WhatWasPostedBeforeIsStillRunAndWhatComesAfterIsDestroyed) {
  Reactor reactor;
  int ran = 0;
  reactor.post([&] { ++ran; });
  reactor.stop();
  reactor.run();
  EXPECT_EQ(ran, 1);
  const auto held = std::make_shared<int>();
  reactor.post([&ran, held] { ++ran; });
  EXPECT_EQ(held.use_count(), 1);
  reactor.run_once(0s);
  EXPECT_EQ(ran, 1);
}

/// Posts when it is destroyed, as an object does that tells another thread of its end.
struct PostsAtItsEnd {
  PostsAtItsEnd(Reactor& to, std::shared_ptr<int> what) : reactor(to), held(std::move(what)) {}
  ~PostsAtItsEnd() {
    reactor.post([held = held] { FAIL() << "run by a reactor that is no more"; });
  }
  Reactor& reactor;
  std::shared_ptr<int> held;
};

TEST(ReactorStop, TheReactorTakesItsUnrunTasksAlong) {
  const auto held = std::make_shared<int>();
  {
    Reactor reactor;
    reactor.post([held] { FAIL() << "nobody ran the reactor"; });
    reactor.post([last = std::make_shared<PostsAtItsEnd>(reactor, held)] {});
    auto timer = std::make_shared<Timer>(reactor.timers(), [] {});
    timer->set(reactor.now() + 1h);
    reactor.post([timer] {});  // the last owner of a timer that is set
    EXPECT_EQ(held.use_count(), 3);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(ReactorDeathTest, ATurnInsideATurnIsABug) {
  Reactor reactor;
  reactor.post([&] { reactor.run_once(0s); });
  EXPECT_DEATH(reactor.run_once(0s), "reactor.cpp");
}

}  // namespace
}  // namespace net
