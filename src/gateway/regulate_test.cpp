// What a controller may say of how octets go: their mark, their rate, their absence, and from where they
// come.
#include <netinet/in.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include "tests/support/aware_rig.hpp"
#include "tests/support/loopback.hpp"

namespace gateway {
namespace {

using std::chrono::milliseconds;
using test::anybody;
using test::Ear;
using test::MediaPeer;
using test::pattern;
using test::towards;
using test::with_tls;

/// The DSCP of this process's sockets at `local`: listeners too, where `peer` is nobody.
std::vector<int> dscp_at(const base::Address& local, const std::optional<base::Address>& peer = {}) {
  std::vector<int> out;
  for (int fd = 3; fd < 1024; ++fd) {
    net::Fd borrowed(dup(fd));
    if (!borrowed) continue;
    const auto here = net::local_address(borrowed);
    const auto there = net::peer_address(borrowed);
    if (!here || *here != local || (peer ? !there || *there != *peer : there.has_value())) continue;
    int value = -1;
    socklen_t size = sizeof value;
    const bool v6 = local.ip.is_v6();
    getsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS, &value, &size);
    out.push_back(value >> 2);
  }
  return out;
}
using Marks = std::vector<int>;

struct Regulation : ::testing::Test, test::GatewayRig {
  Ear ear;
  Call call;
  MediaPeer* left = nullptr;
  MediaPeer* right = nullptr;

  void connect_both() {
    left = &connect(call.a.local);
    left->say("<");
    right = &accept(ear.listener);
    ASSERT_TRUE(hears(*right, "<"));
  }
  void establish(iq::TerminationConfig of_left = {}) {
    start();
    of_left.source_filter.emplace();
    call = reserve(std::move(of_left), towards(ear.address));
    connect_both();
  }
  std::uint64_t pauses(std::size_t which = 0) { return audit(call.context).at(which).counters.rate_pauses; }
  base::Address here(const MediaPeer& peer) { return *net::local_address(peer.socket()); }
};

iq::TerminationConfig marked(std::uint8_t dscp, iq::TerminationConfig config = {}) {
  config.dscp = dscp;
  return config;
}
iq::TerminationConfig policed(std::uint64_t rate, std::uint64_t burst, iq::TerminationConfig config = {}) {
  config.policing = iq::Policing{rate, burst};
  return config;
}
iq::TerminationConfig watched(milliseconds time, iq::SilenceWatch::Direction direction) {
  iq::TerminationConfig out;
  out.silence = iq::SilenceWatch{time, direction};
  return out;
}

// DSCP.

TEST_F(Regulation, marks_the_listener_and_connections_of_both_roles) {
  start();
  call = reserve(marked(46, anybody()), marked(10, towards(ear.address)));
  audit(call.context);  // the shard has it now
  EXPECT_EQ(dscp_at(call.a.local), Marks{46});
  connect_both();
  EXPECT_EQ(dscp_at(call.a.local, here(*left)), Marks{46});
  EXPECT_EQ(dscp_at(call.b.local, ear.address), Marks{10});
}

TEST_F(Regulation, marks_connections_that_are_there_at_once) {
  establish();
  EXPECT_EQ(dscp_at(call.a.local, here(*left)), Marks{0});
  ASSERT_TRUE(configure(call, call.a, marked(46)));
  ASSERT_TRUE(configure(call, call.b, marked(63)));
  EXPECT_EQ(dscp_at(call.a.local, here(*left)), Marks{46});
  EXPECT_EQ(dscp_at(call.b.local, ear.address), Marks{63});
  ASSERT_TRUE(configure(call, call.a, marked(0)));
  EXPECT_EQ(dscp_at(call.a.local, here(*left)), Marks{0});
}

TEST_F(Regulation, marks_what_comes_after_a_restart) {
  establish(marked(34));
  ASSERT_TRUE(execute({call.context, {iq::Restart{call.a.termination}}}));
  EXPECT_EQ(dscp_at(call.a.local), Marks{34});
  connect_both();
  EXPECT_EQ(dscp_at(call.a.local, here(*left)), Marks{34});
}

TEST_F(Regulation, marks_ipv6) {
  if (!test::has_loopback({*base::IpAddress::parse("::1"), 0})) GTEST_SKIP() << "this machine has no IPv6";
  const auto [low, high] = test::free_ports(2);
  add_realm("six", "::1", low, high);
  Ear six("::1");
  start();
  call = reserve(marked(46, anybody()), marked(18, towards(six.address)), "six", "six");
  audit(call.context);  // the shard has it now
  EXPECT_EQ(dscp_at(call.a.local), Marks{46});
  left = &connect(call.a.local);
  left->say("<");
  accept(six.listener);
  EXPECT_EQ(dscp_at(call.a.local, here(*left)), Marks{46});
  EXPECT_EQ(dscp_at(call.b.local, six.address), Marks{18});
}

TEST_F(Regulation, refuses_what_is_no_dscp_and_no_range_of_ports) {
  start();
  call = reserve();
  iq::TerminationConfig backwards;
  backwards.source_ports = iq::PortRange{2, 1};
  for (const auto& wrong : {marked(64), backwards}) {
    const auto configured = configure(call, call.a, wrong);
    ASSERT_FALSE(configured);
    EXPECT_EQ(configured.error().code, iq::Errc::bad_request);
    EXPECT_FALSE(execute({{}, {iq::Reserve{"access", wrong}}}));
  }
}

// Policing.

TEST_F(Regulation, a_burst_passes_and_what_is_beyond_waits) {
  establish(policed(1000, 5001));
  const auto octets = pattern(20'000);
  left->say(octets);
  ASSERT_TRUE(until([&] { return right->heard().size() >= 5001; }));
  ASSERT_TRUE(eventually([&] { return pauses() > 0; }));
  EXPECT_LT(right->heard().size(), octets.size()) << "the rest takes 15 seconds";
  right->say("the other way is free");
  EXPECT_TRUE(hears(*left, "the other way is free"));
  ASSERT_TRUE(configure(call, call.a, policed(0, 0)));
  EXPECT_TRUE(hears(*right, "<" + octets));
  EXPECT_GT(totals().realms[0].rate_pauses, 0U);
}

TEST_F(Regulation, what_waits_comes_in_time_without_an_event) {
  establish(policed(20'000, 1000));
  const auto octets = pattern(5000);
  left->say(octets);
  left->finish();
  EXPECT_TRUE(hears(*right, "<" + octets));
  EXPECT_TRUE(ends(*right, MediaPeer::End::fin));
  EXPECT_GT(pauses(), 0U);
  EXPECT_EQ(pauses(1), 0U);
}

TEST_F(Regulation, a_rate_holds_for_what_comes_before_the_other_side_is_there) {
  start();
  call = reserve(policed(1, 10, anybody()), {});
  left = &connect(call.a.local);
  left->say(pattern(1000));
  ASSERT_TRUE(eventually([&] { return pauses() > 0; }));
  EXPECT_LT(audit(call.context)[0].counters.octets_in, 100U);
}

TEST_F(Regulation, a_reset_is_noticed_while_it_waits) {
  establish(policed(1, 100));
  left->say(pattern(1000));
  ASSERT_TRUE(eventually([&] { return pauses() > 0; }));
  left->reset();
  EXPECT_TRUE(await(iq::Event::released));
}

TEST_F(Regulation, who_ended_and_is_slowed_down_is_not_late) {
  options.times.half_close = milliseconds(30);
  establish(policed(1000, 100));
  left->say(pattern(300));
  left->finish();
  EXPECT_TRUE(hears(*right, "<" + pattern(300)));
}

TEST_F(Regulation, a_rate_holds_with_tls) {
  start();
  const auto who = crypto::Identity::self_signed("ue");
  auto context = *crypto::TlsContext::make(who, {});
  call = reserve(policed(40'000, 2000, with_tls(anybody(), {who.fingerprint()})), towards(ear.address));
  left = &connect(call.a.local);
  left->use_tls(context, crypto::TlsRole::client, call.a.fingerprints[0]);
  const auto octets = pattern(50'000);
  left->say(octets);
  EXPECT_TRUE(hears(accept(ear.listener), octets));
  EXPECT_GT(pauses(), 0U);
}

// Silence.

TEST_F(Regulation, silence_is_told_once_and_closes_nothing) {
  establish();
  ASSERT_TRUE(configure(call, call.a, watched(milliseconds(40), iq::SilenceWatch::Direction::both)));
  ASSERT_TRUE(await(iq::Event::silent));
  EXPECT_EQ(events.back().termination, call.a.termination);
  ASSERT_TRUE(configure(call, call.b, watched(milliseconds(80), iq::SilenceWatch::Direction::in)));
  ASSERT_TRUE(await(iq::Event::silent, 2));
  EXPECT_EQ(events.back().termination, call.b.termination) << "the first one has told already";
  EXPECT_NE(events.back().cause.find("from the peer"), std::string::npos);
  left->say("not closed");
  EXPECT_TRUE(hears(*right, "<not closed"));
  ASSERT_TRUE(configure(call, call.a, watched(milliseconds(40), iq::SilenceWatch::Direction::both)));
  EXPECT_TRUE(await(iq::Event::silent, 3)) << "asked anew, it begins anew";
}

TEST_F(Regulation, an_octet_of_the_direction_breaks_the_silence) {
  establish();
  ASSERT_TRUE(configure(call, call.a, watched(milliseconds(200), iq::SilenceWatch::Direction::in)));
  ASSERT_TRUE(configure(call, call.b, watched(milliseconds(200), iq::SilenceWatch::Direction::in)));
  while (count(iq::Event::silent) == 0) {  // left speaks, right does not
    left->say(".");
    (void)until([&] { return count(iq::Event::silent) > 0; }, milliseconds(10));
  }
  EXPECT_EQ(events.back().termination, call.b.termination);
}

// Application-aware.

struct AwareRegulation : test::AwareRig {
  MediaPeer* b = nullptr;
};

TEST_F(AwareRegulation, a_rate_slows_a_connection_of_its_own) {
  start();
  const auto call = reserve_with_bob("one", policed(40'000, 1000, aware(alice)), b);
  auto& a = connect(call.a.local);
  a.say(bare("hello", call.a.path, alice));
  auto expected = bare("hello", bob, call.b.path);
  ASSERT_TRUE(hears(*b, expected)) << "what comes before it is bound is not policed yet";
  for (int i = 0; i < 8; ++i) {
    const auto id = "t" + std::to_string(i);
    a.say(send(id, call.a.path, alice, pattern(1000, 1)));
    expected += send(id, bob, call.b.path, pattern(1000, 1));
  }
  EXPECT_TRUE(hears(*b, expected));
  EXPECT_GT(audit(call.context)[0].counters.rate_pauses, 0U);
  EXPECT_GT(totals().realms[0].rate_pauses, 0U);
}

TEST_F(AwareRegulation, a_rate_of_one_session_leaves_the_others_of_its_connection_alone) {
  options.realms[0].shared_port = test::free_ports(1).first;
  start();
  MediaPeer* b2 = nullptr;
  const auto one = reserve_with_bob("one", policed(1, 50, aware(alice)), b);
  const auto two = reserve_with_bob("two", aware(alice), b2);
  auto& a = connect(one.a.local);
  a.say(bare("t1", one.a.path, alice) + bare("t2", two.a.path, alice));
  ASSERT_TRUE(hears_of(*b, "MSRP "));
  ASSERT_TRUE(hears_of(*b2, "MSRP "));
  a.say(send("t3", one.a.path, alice, "too much"));
  EXPECT_TRUE(eventually([&] { return audit(one.context)[0].counters.rate_pauses > 0; }));
  EXPECT_EQ(b->heard().find("too much"), std::string::npos);
  EXPECT_EQ(audit(two.context)[0].counters.rate_pauses, 0U);
  ASSERT_TRUE(configure(one, one.a, policed(0, 0)));
  EXPECT_TRUE(hears_of(*b, "too much"));
}

TEST_F(AwareRegulation, silence_of_one_session_of_a_shared_connection_is_its_own) {
  options.realms[0].shared_port = test::free_ports(1).first;
  start();
  MediaPeer* b2 = nullptr;
  const auto one = reserve_with_bob("one", marked(12, aware(alice)), b);
  const auto two = reserve_with_bob("two", aware(alice), b2);
  auto& a = connect(one.a.local);
  a.say(bare("t1", one.a.path, alice) + bare("t2", two.a.path, alice));
  ASSERT_TRUE(hears_of(*b, "MSRP "));
  ASSERT_TRUE(hears_of(*b2, "MSRP "));
  EXPECT_EQ(dscp_at(one.a.local, *net::local_address(a.socket())), Marks{12});
  for (const auto& each : {one, two})
    ASSERT_TRUE(configure(each, each.a, watched(milliseconds(200), iq::SilenceWatch::Direction::in)));
  for (int i = 0; count(iq::Event::silent) == 0; ++i) {
    a.say(bare("x" + std::to_string(i), two.a.path, alice));
    (void)until([&] { return count(iq::Event::silent) > 0; }, milliseconds(10));
  }
  EXPECT_EQ(events.back().context, one.context);
}

}  // namespace
}  // namespace gateway
