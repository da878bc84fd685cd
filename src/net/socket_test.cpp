#include "net/socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include "tests/support/loopback.hpp"

namespace net {
namespace {

using namespace std::chrono_literals;
using test::tcp_pair;
using test::wait_for;

int option(const Fd& socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(getsockopt(socket.get(), level, name, &value, &size), 0);
  return value;
}

/// What became of a connect that may have failed at once or later.
std::error_code outcome(const IoResult<Fd>& socket) {
  if (!socket) return socket.error();
  EXPECT_TRUE(wait_for(*socket, POLLOUT));
  return connect_error(*socket);
}

/// An address whose port nobody has. Chosen by bind(): one that connect() chose may be shared with sockets
/// that do not allow to use it again. Ask after every listener is there, or the kernel may give one of them
/// this port.
base::Address free_address(const base::Address& host) {
  return local_address(*listen_tcp(host)).value();
}

/// Everything here holds for both IP versions.
class SocketTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!test::has_loopback(host)) GTEST_SKIP() << "this machine has no " << host.ip.to_string();
  }
  const base::Address host = GetParam() ? test::loopback6() : test::loopback4();
};
INSTANTIATE_TEST_SUITE_P(Loopback, SocketTest, testing::Bool(),
                         [](const auto& version) { return version.param ? "IPv6" : "IPv4"; });

TEST_P(SocketTest, OctetsGoBothWaysBetweenConnectedEnds) {
  const auto pair = tcp_pair(host);
  EXPECT_EQ(send(pair.active, "ping").value(), 4U);
  EXPECT_EQ(test::read_octets(pair.passive, 4), "ping");
  EXPECT_EQ(send(pair.passive, "pong!").value(), 5U);
  EXPECT_EQ(test::read_octets(pair.active, 5), "pong!");
}

TEST_P(SocketTest, PiecesAreSentOneAfterTheOther) {
  const auto pair = tcp_pair(host);
  const std::vector<std::string_view> few{"head ", "", "body ", "end"};
  EXPECT_EQ(send(pair.active, few).value(), 13U);
  EXPECT_EQ(test::read_octets(pair.passive, 13), "head body end");
  const std::vector<std::string_view> many(70, "x");
  EXPECT_EQ(send(pair.active, many).value(), 64U);
}

TEST_P(SocketTest, BothEndsKnowTheirAddressesAndTheListenerHandsOutThePeers) {
  const auto listener = listen_tcp(host);
  const auto at = local_address(*listener).value();
  EXPECT_EQ(at.ip, host.ip);
  EXPECT_NE(at.port, 0);
  const auto active = connect_tcp(at, std::nullopt);
  ASSERT_TRUE(wait_for(*listener, POLLIN));
  const auto accepted = accept_tcp(*listener);
  EXPECT_EQ(accepted->peer, local_address(*active).value());
  EXPECT_EQ(peer_address(*active).value(), at);
  EXPECT_EQ(peer_address(accepted->socket).value(), accepted->peer);
}

TEST_P(SocketTest, NothingToAcceptOrToReceiveIsWouldBlockAndNotAnError) {
  const auto listener = listen_tcp(host);
  EXPECT_TRUE(would_block(accept_tcp(*listener).error()));
  const auto pair = tcp_pair(host);
  char octet[1];
  EXPECT_TRUE(would_block(receive(pair.active, octet).error()));
}

TEST_P(SocketTest, ASinkThatDoesNotReadEndsInWouldBlock) {
  const auto pair = tcp_pair(host);
  const std::string much(1 << 20, 'x');
  auto sent = send(pair.active, much);
  std::size_t total = 0;
  for (; sent; sent = send(pair.active, much)) total += *sent;
  EXPECT_TRUE(would_block(sent.error()));
  EXPECT_EQ(test::read_octets(pair.passive, total).size(), total);
}

TEST_P(SocketTest, ARefusedConnectionSaysSo) {
  auto listener = listen_tcp(host);
  const auto at = local_address(*listener).value();
  listener->reset();
  EXPECT_EQ(outcome(connect_tcp(at, std::nullopt)), std::errc::connection_refused);
}

TEST_P(SocketTest, AConnectionComesFromTheAddressAndPortItWasBoundTo) {
  const auto listener = listen_tcp(host);
  const auto from = free_address(host);
  const auto active = connect_tcp(local_address(*listener).value(), from);
  ASSERT_EQ(outcome(active), std::error_code{});
  EXPECT_EQ(accept_tcp(*listener)->peer, from);
}

TEST_P(SocketTest, ABoundPortMayBeUsedAgainWhileItsLastConnectionIsInTimeWait) {
  const auto listener = listen_tcp(host);
  const auto from = free_address(host);
  auto first = connect_tcp(local_address(*listener).value(), from);
  ASSERT_EQ(outcome(first), std::error_code{});
  auto accepted = accept_tcp(*listener);
  first->reset();  // closes first, so TIME_WAIT is at this end
  EXPECT_EQ(test::read_octets(accepted->socket, 1), "");
  accepted->socket.reset();
  const auto other = listen_tcp(host);
  const auto again = connect_tcp(local_address(*other).value(), from);
  ASSERT_EQ(outcome(again), std::error_code{});
  EXPECT_EQ(accept_tcp(*other)->peer, from);
}

TEST_P(SocketTest, APortThatLeadsToThatPeerAlreadyIsNotAvailable) {
  const auto listener = listen_tcp(host);
  const auto from = free_address(host);
  const auto first = connect_tcp(local_address(*listener).value(), from);
  ASSERT_EQ(outcome(first), std::error_code{});
  const auto second = connect_tcp(local_address(*listener).value(), from);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), std::errc::address_not_available);
}

TEST_P(SocketTest, PortZeroLeavesThePortToTheMomentOfConnecting) {
  const auto listener = listen_tcp(host);
  const auto active = connect_tcp(local_address(*listener).value(), base::Address{host.ip, 0});
  ASSERT_TRUE(active);
  EXPECT_EQ(option(*active, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT), 1);
  EXPECT_EQ(local_address(*active)->ip, host.ip);
  EXPECT_NE(local_address(*active)->port, 0);
}

TEST_P(SocketTest, AListenersPortIsNotSharedWithAnybody) {
  const auto listener = listen_tcp(host);
  const auto at = local_address(*listener).value();
  EXPECT_EQ(listen_tcp(at).error(), std::errc::address_in_use);
  const auto elsewhere = listen_tcp(host);
  EXPECT_EQ(connect_tcp(local_address(*elsewhere).value(), at).error(), std::errc::address_in_use);
}

TEST_P(SocketTest, SomebodyElsesAddressIsNotAvailable) {
  // TEST-NET-1 (RFC 5737), the documentation prefix (RFC 3849).
  const auto foreign = base::Address::parse(host.ip.is_v6() ? "[2001:db8::1]:0" : "192.0.2.1:0").value();
  EXPECT_EQ(listen_tcp(foreign).error(), std::errc::address_not_available);
  EXPECT_EQ(connect_tcp({host.ip, 9}, foreign).error(), std::errc::address_not_available);
}

TEST_P(SocketTest, ASourceOfTheOtherIpVersionIsRefused) {
  const auto other = GetParam() ? test::loopback4() : test::loopback6();
  EXPECT_EQ(connect_tcp({host.ip, 9}, other).error(), std::errc::address_family_not_supported);
}

TEST_P(SocketTest, HalfCloseEndsOneDirectionOnly) {
  const auto pair = tcp_pair(host);
  EXPECT_TRUE(send(pair.active, "last words"));
  shut_write(pair.active);
  EXPECT_EQ(test::read_octets(pair.passive, 100), "last words");
  char octet[1];
  EXPECT_EQ(receive(pair.passive, octet).value(), 0U);
  EXPECT_TRUE(send(pair.passive, "still here"));
  EXPECT_EQ(test::read_octets(pair.active, 10), "still here");
}

TEST_P(SocketTest, ResetCloseIsSeenAsAReset) {
  auto pair = tcp_pair(host);
  reset_close(pair.active);
  EXPECT_FALSE(pair.active);
  ASSERT_TRUE(wait_for(pair.passive, POLLIN));
  char octet[1];
  EXPECT_EQ(receive(pair.passive, octet).error(), std::errc::connection_reset);
}

TEST_P(SocketTest, SendingToSomebodyWhoLeftIsAnErrorAndNotASignal) {
  auto pair = tcp_pair(host);
  shut_write(pair.active);
  EXPECT_EQ(send(pair.active, "x").error(), std::errc::broken_pipe);
  reset_close(pair.passive);
  ASSERT_TRUE(wait_for(pair.active, POLLIN));
  EXPECT_TRUE(send(pair.active, "x").error());
}

TEST_P(SocketTest, APeerThatLeftBeforeItWasAcceptedIsNoTrouble) {
  const auto listener = listen_tcp(host);
  const auto at = local_address(*listener).value();
  auto impatient = connect_tcp(at, std::nullopt);
  ASSERT_EQ(outcome(impatient), std::error_code{});
  reset_close(*impatient);
  const auto patient = connect_tcp(at, std::nullopt);
  ASSERT_EQ(outcome(patient), std::error_code{});
  ASSERT_TRUE(wait_for(*listener, POLLIN));
  auto accepted = accept_tcp(*listener);  // Linux hands out the dead one first
  while (accepted && accepted->peer != local_address(*patient).value()) accepted = accept_tcp(*listener);
  EXPECT_TRUE(accepted);
}

TEST_P(SocketTest, KeepaliveAndUserTimeoutReachTheKernel) {
  const auto pair = tcp_pair(host);
  tune_tcp(pair.active, {.idle = 61s, .interval = 9500ms, .probes = 4, .user_timeout = 12345ms});
  EXPECT_EQ(option(pair.active, IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option(pair.active, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(pair.active, IPPROTO_TCP, TCP_KEEPIDLE), 61);
  EXPECT_EQ(option(pair.active, IPPROTO_TCP, TCP_KEEPINTVL), 10);
  EXPECT_EQ(option(pair.active, IPPROTO_TCP, TCP_KEEPCNT), 4);
  EXPECT_EQ(option(pair.active, IPPROTO_TCP, TCP_USER_TIMEOUT), 12345);
}

TEST_P(SocketTest, ZeroTurnsKeepaliveOffAndLeavesTheKernelsUserTimeout) {
  const auto pair = tcp_pair(host);
  tune_tcp(pair.active, {.idle = 0s, .user_timeout = 0s});
  EXPECT_EQ(option(pair.active, SOL_SOCKET, SO_KEEPALIVE), 0);
  EXPECT_EQ(option(pair.active, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
  EXPECT_EQ(option(pair.active, IPPROTO_TCP, TCP_NODELAY), 1);
}

TEST_P(SocketTest, TheDscpReachesTheKernelAndAcceptedSocketsInheritIt) {
  const auto listener = listen_tcp(host);
  ASSERT_TRUE(listener);
  const auto dscp_of = [&](const Fd& socket) {
    return (host.ip.is_v6() ? option(socket, IPPROTO_IPV6, IPV6_TCLASS)
                            : option(socket, IPPROTO_IP, IP_TOS)) >>
           2;
  };
  set_dscp(*listener, 46);
  const auto socket = connect_tcp(*local_address(*listener), host, 63);
  ASSERT_TRUE(socket);
  ASSERT_TRUE(wait_for(*listener, POLLIN));
  const auto accepted = accept_tcp(*listener);
  ASSERT_TRUE(accepted);
  EXPECT_EQ(dscp_of(*listener), 46);
  EXPECT_EQ(dscp_of(accepted->socket), 46);
  EXPECT_EQ(dscp_of(*socket), 63);
  set_dscp(*socket, 0);
  EXPECT_EQ(dscp_of(*socket), 0);
}

TEST(Socket, AnIpv6ListenerLeavesThePortOfIpv4Alone) {
  const auto any6 = base::Address::parse("[::]:0").value();
  const auto listener = listen_tcp(any6);
  if (!listener) GTEST_SKIP() << "this machine has no IPv6";
  EXPECT_EQ(option(*listener, IPPROTO_IPV6, IPV6_V6ONLY), 1);
}

TEST(Descriptors, TheSoftLimitIsRaisedToTheHardOne) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  auto lowered = before;
  lowered.rlim_cur = std::min<rlim_t>(before.rlim_cur, 200);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &lowered), 0);
  const auto limit = raise_descriptor_limit();
  EXPECT_EQ(limit.soft_before, lowered.rlim_cur);
  EXPECT_EQ(limit.now, before.rlim_max);
  rlimit after{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Descriptors, OpenOnesAreCountedAndFdsCloseTheirs) {
  const auto before = open_descriptors();
  EXPECT_GE(before, 3U);
  {
    auto pair = tcp_pair();
    EXPECT_EQ(open_descriptors(), before + 2);
    pair.active = std::move(pair.passive);
    EXPECT_EQ(open_descriptors(), before + 1);
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace net
