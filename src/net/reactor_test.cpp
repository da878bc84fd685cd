#include "net/reactor.hpp"

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "net/socket.hpp"
#include "tests/support/loopback.hpp"

namespace net {
namespace {

using namespace std::chrono_literals;
using test::tcp_pair;
using test::wait_for;

constexpr base::Duration soon = 0s;

/// Writes down what it is told, then does what the test wants.
struct Watcher final : Handler {
  Watcher(Reactor& of, const Fd& socket) : reactor(of) { registration = reactor.add(socket.get(), *this); }
  explicit Watcher(Reactor& of) : reactor(of) {}
  ~Watcher() { reactor.remove(registration); }
  void on_ready(std::uint32_t events) override {
    ++calls;
    seen |= events;
    if (then) then(events);
  }
  /// The first event of a fresh socket says that it is writable: nobody waits for that here.
  void forget() { calls = 0, seen = 0; }

  Reactor& reactor;
  Registration registration = 0;
  std::function<void(std::uint32_t)> then;
  int calls = 0;
  std::uint32_t seen = 0;
};

std::string read_all(const Fd& socket) {
  std::string all;
  char some[100];
  for (auto count = receive(socket, some); count && *count > 0; count = receive(socket, some))
    all.append(some, *count);
  return all;
}

/// Turns until `done`; false when that never comes.
bool run_until(Reactor& reactor, const std::function<bool()>& done) {
  const auto limit = base::Clock::now() + test::patience;
  while (!done() && base::Clock::now() < limit) reactor.run_once(1s);
  return done();
}

class ReactorOnLoopback : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!test::has_loopback(host)) GTEST_SKIP() << "this machine has no " << host.ip.to_string();
  }
  const base::Address host = GetParam() ? test::loopback6() : test::loopback4();
  Reactor reactor;
};
INSTANTIATE_TEST_SUITE_P(Loopback, ReactorOnLoopback, testing::Bool(),
                         [](const auto& version) { return version.param ? "IPv6" : "IPv4"; });

TEST_P(ReactorOnLoopback, SaysOnceThatOctetsCameAndAgainWhenMoreCome) {
  const auto pair = tcp_pair(host);
  Watcher watcher(reactor, pair.passive);
  reactor.run_once(soon);
  watcher.forget();
  send(pair.active, "one").value();
  ASSERT_TRUE(run_until(reactor, [&] { return watcher.calls == 1; }));
  EXPECT_TRUE(watcher.seen & EPOLLIN);
  EXPECT_EQ(read_all(pair.passive), "one");
  reactor.run_once(soon);
  EXPECT_EQ(watcher.calls, 1);
  send(pair.active, "two").value();
  ASSERT_TRUE(run_until(reactor, [&] { return watcher.calls == 2; }));
}

TEST_P(ReactorOnLoopback, TellsWhenAConnectionIsMadeAndWhenItIsRefused) {
  auto listener = listen_tcp(host);
  const auto at = local_address(*listener).value();
  const auto active = connect_tcp(at, base::Address{host.ip, 0});
  Watcher connected(reactor, *active);
  ASSERT_TRUE(run_until(reactor, [&] { return (connected.seen & EPOLLOUT) != 0; }));
  EXPECT_FALSE(connect_error(*active));
  listener->reset();
  const auto refused = connect_tcp(at, std::nullopt);
  if (!refused) {  // on the same machine the answer may be there before connect() returns
    EXPECT_EQ(refused.error(), std::errc::connection_refused);
    return;
  }
  Watcher failed(reactor, *refused);
  ASSERT_TRUE(run_until(reactor, [&] { return (failed.seen & EPOLLERR) != 0; }));
  EXPECT_EQ(connect_error(*refused), std::errc::connection_refused);
}

TEST_P(ReactorOnLoopback, TellsAHalfCloseFromAReset) {
  auto pair = tcp_pair(host);
  Watcher watcher(reactor, pair.passive);
  reactor.run_once(soon);
  watcher.forget();
  shut_write(pair.active);
  ASSERT_TRUE(run_until(reactor, [&] { return watcher.calls > 0; }));
  EXPECT_TRUE(watcher.seen & EPOLLRDHUP);
  EXPECT_FALSE(watcher.seen & (EPOLLHUP | EPOLLERR));
  char octet[1];
  EXPECT_EQ(receive(pair.passive, octet).value(), 0U);
  watcher.forget();
  reset_close(pair.active);
  ASSERT_TRUE(run_until(reactor, [&] { return watcher.calls > 0; }));
  EXPECT_TRUE(watcher.seen & EPOLLHUP);
  EXPECT_TRUE(watcher.seen & EPOLLERR);
}

TEST_P(ReactorOnLoopback, AFullSocketSaysWhenItTakesOctetsAgain) {
  const auto pair = tcp_pair(host);
  Watcher watcher(reactor, pair.active);
  reactor.run_once(soon);
  const std::string much(1 << 20, 'x');
  std::size_t total = 0;
  for (auto sent = send(pair.active, much); sent; sent = send(pair.active, much)) total += *sent;
  reactor.run_once(soon);
  watcher.forget();
  reactor.run_once(soon);
  EXPECT_EQ(watcher.calls, 0);
  EXPECT_EQ(test::read_octets(pair.passive, total).size(), total);
  ASSERT_TRUE(run_until(reactor, [&] { return (watcher.seen & EPOLLOUT) != 0; }));
  EXPECT_TRUE(send(pair.active, "more"));
}

TEST_P(ReactorOnLoopback, AListenerIsToldAgainOfWhatItDidNotAccept) {
  const auto listener = listen_tcp(host);
  Watcher watcher(reactor);
  std::vector<Fd> accepted;
  watcher.then = [&](std::uint32_t) { accepted.push_back(std::move(accept_tcp(*listener)->socket)); };
  watcher.registration = reactor.add_listener(listener->get(), watcher);
  const auto at = local_address(*listener).value();
  const auto one = connect_tcp(at, std::nullopt);
  const auto two = connect_tcp(at, std::nullopt);
  EXPECT_TRUE(run_until(reactor, [&] { return accepted.size() == 2; }));
  reactor.run_once(soon);
  EXPECT_EQ(watcher.calls, 2);
}

/// Two sockets whose readiness one epoll_wait fetches.
struct ReactorTest : testing::Test {
  ReactorTest() { reactor.run_once(soon), first.forget(), second.forget(); }
  void make_both_ready() {
    send(one.active, "x").value();
    send(two.active, "x").value();
    ASSERT_TRUE(wait_for(one.passive, POLLIN) && wait_for(two.passive, POLLIN));
  }
  Reactor reactor;
  test::TcpPair one = tcp_pair();
  test::TcpPair two = tcp_pair();
  Watcher first{reactor, one.passive};
  Watcher second{reactor, two.passive};
};

TEST_F(ReactorTest, AHandlerThatWasRemovedByAnotherIsNotCalledForAnEventThatWasAlreadyFetched) {
  make_both_ready();
  first.then = [&](std::uint32_t) { reactor.remove(second.registration); };
  second.then = [&](std::uint32_t) { reactor.remove(first.registration); };
  reactor.run_once(soon);
  EXPECT_EQ(first.calls + second.calls, 1);
  reactor.run_once(soon);
  EXPECT_EQ(first.calls + second.calls, 1);
}

TEST_F(ReactorTest, AnEventOfARemovedHandlerDoesNotReachTheNextTenantOfItsSlot) {
  make_both_ready();
  const auto fresh = tcp_pair();
  Watcher tenant(reactor);
  Registration evicted = 0;
  const auto evict = [&](Watcher& other) {
    return [&](std::uint32_t) {
      evicted = other.registration;
      reactor.remove(evicted);
      tenant.registration = reactor.add(fresh.passive.get(), tenant);
    };
  };
  first.then = evict(second);
  second.then = evict(first);
  reactor.run_once(soon);
  EXPECT_EQ(first.calls + second.calls, 1);
  EXPECT_EQ(tenant.calls, 0);
  EXPECT_NE(tenant.registration, evicted);
  EXPECT_EQ(static_cast<std::uint32_t>(tenant.registration), static_cast<std::uint32_t>(evicted));
  reactor.remove(evicted);  // the old name does nothing to the new tenant
  reactor.again(evicted, EPOLLIN);
  reactor.run_once(soon);
  EXPECT_EQ(tenant.seen, std::uint32_t{EPOLLOUT});
}

TEST_F(ReactorTest, AHandlerMayDestroyItself) {
  const auto pair = tcp_pair();
  auto watcher = std::make_unique<Watcher>(reactor, pair.passive);
  watcher->then = [&](std::uint32_t) { watcher.reset(); };
  reactor.run_once(soon);
  EXPECT_FALSE(watcher);
  send(pair.active, "x").value();
  ASSERT_TRUE(wait_for(pair.passive, POLLIN));
  reactor.run_once(soon);
}

TEST_F(ReactorTest, AHandlerMayAddManyOthers) {
  std::vector<test::TcpPair> pairs;
  std::vector<std::unique_ptr<Watcher>> added;
  first.then = [&](std::uint32_t) {
    for (int i = 0; i < 50; ++i) {
      pairs.push_back(tcp_pair());
      added.push_back(std::make_unique<Watcher>(reactor, pairs.back().active));
    }
    reactor.again(first.registration, EPOLLIN);  // its own registration is still what it was
    first.then = nullptr;
  };
  send(one.active, "x").value();
  ASSERT_TRUE(run_until(reactor, [&] { return first.calls == 2; }));
  reactor.run_once(soon);
  for (const auto& watcher : added) EXPECT_EQ(watcher->calls, 1);
}

TEST_F(ReactorTest, TwoBusyHandlersTakeTurns) {
  std::string turns;
  const auto go_on = [&](Watcher& watcher, char name) {
    return [&, name](std::uint32_t) {
      turns += name;
      reactor.again(watcher.registration, EPOLLIN);
    };
  };
  first.then = go_on(first, 'a');
  second.then = go_on(second, 'b');
  make_both_ready();
  for (int i = 0; i < 10; ++i) reactor.run_once(1h);  // does not wait while somebody has work
  const auto rounds = turns.front() == 'a' ? "abab" : "baba";
  ASSERT_EQ(turns.size(), 22U);  // the first turn has the event and again()
  for (std::size_t i = 0; i + 4 <= turns.size(); i += 2) EXPECT_EQ(turns.substr(i, 4), rounds) << turns;
}

TEST_F(ReactorTest, ABusyHandlerDoesNotKeepAnotherFromItsEvents) {
  first.then = [&](std::uint32_t) { reactor.again(first.registration, EPOLLIN); };
  send(one.active, "x").value();
  ASSERT_TRUE(run_until(reactor, [&] { return first.calls > 0; }));
  send(two.active, "x").value();
  ASSERT_TRUE(wait_for(two.passive, POLLIN));
  reactor.run_once(1h);
  EXPECT_EQ(second.calls, 1);
}

TEST_F(ReactorTest, NewsForAHandlerThatWaitsForItsTurnIsAddedToThatTurn) {
  reactor.again(first.registration, EPOLLOUT);
  reactor.again(first.registration, EPOLLPRI);
  send(one.active, "x").value();
  ASSERT_TRUE(wait_for(one.passive, POLLIN));
  reactor.run_once(1h);
  EXPECT_EQ(first.calls, 1);
  EXPECT_TRUE(first.seen & EPOLLIN);
  EXPECT_TRUE(first.seen & EPOLLPRI);
}

TEST_F(ReactorTest, ARemovedHandlerGetsNoOtherTurn) {
  reactor.again(first.registration, EPOLLIN);
  reactor.again(second.registration, EPOLLIN);
  first.then = [&](std::uint32_t) { reactor.remove(second.registration); };
  reactor.run_once(1h);
  EXPECT_EQ(first.calls, 1);
  EXPECT_EQ(second.calls, 0);
}

TEST_F(ReactorTest, MoreReadySocketsThanOneCallFetchesAreAllServed) {
  std::vector<Fd> sockets;
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int i = 0; i < 300; ++i) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    sockets.emplace_back(ends[0]);
    watchers.push_back(std::make_unique<Watcher>(reactor, sockets.back()));
    sockets.emplace_back(ends[1]);
  }
  reactor.run_once(1h);
  reactor.run_once(1h);
  for (const auto& watcher : watchers) EXPECT_EQ(watcher->calls, 1);
}

TEST_F(ReactorTest, ATimerEndsTheWaitAtItsDeadline) {
  int fired = 0;
  Timer timer(reactor.timers(), [&] { ++fired; });
  const auto deadline = reactor.now() + 30ms;
  timer.set(deadline);
  while (fired == 0) {
    reactor.run_once(1h);
    if (fired == 0) {
      EXPECT_LT(reactor.now(), deadline + TimerWheel::tick);
    }
  }
  EXPECT_GE(reactor.now(), deadline);
}

TEST_F(ReactorTest, WithoutWorkATurnLastsAsLongAsItMay) {
  const auto before = base::Clock::now();
  reactor.run_once(10ms);
  EXPECT_GE(base::Clock::now() - before, 10ms);
  EXPECT_EQ(first.calls, 0);
}

TEST_F(ReactorTest, SignalsDoNotDisturbTheLoop) {
  static volatile std::sig_atomic_t signals = 0;
  struct sigaction action{};
  action.sa_handler = [](int) { signals = signals + 1; };
  struct sigaction old{};
  ASSERT_EQ(sigaction(SIGALRM, &action, &old), 0);
  const itimerval every{.it_interval = {0, 3000}, .it_value = {0, 3000}};
  setitimer(ITIMER_REAL, &every, nullptr);
  int fired = 0;
  Timer timer(reactor.timers(), [&] { ++fired; });
  timer.set(reactor.now() + 50ms);
  EXPECT_TRUE(run_until(reactor, [&] { return fired == 1; }));
  const itimerval none{};
  setitimer(ITIMER_REAL, &none, nullptr);
  sigaction(SIGALRM, &old, nullptr);
  EXPECT_GT(signals, 0);
}

TEST_F(ReactorTest, TheWindowIs256KiB) {
  EXPECT_EQ(reactor.window().size(), 262144U);
  reactor.window().front() = reactor.window().back() = 'x';
}

}  // namespace
}  // namespace net
