#include "net/sctp.hpp"

#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
// clang-format off: it needs what stands before it
#include <linux/sctp.h>
// clang-format on

#include <gtest/gtest.h>

#include "net/control_loop.hpp"
#include "net/control_messages.hpp"

namespace {

using namespace net;

/// Two ends of an association on loopback, where the kernel has SCTP.
class Sctp : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_sctp()) GTEST_SKIP() << "this kernel has no SCTP";
    const auto listening = listen_sctp(*base::Address::parse("127.0.0.1:0"));
    ASSERT_TRUE(listening) << listening.error().message();
    auto made = connect_sctp(*local_address(*listening), std::nullopt);
    ASSERT_TRUE(made) << made.error().message();
    one = std::move(*made);
    wait(*listening, Readiness::read);
    auto accepted = accept_tcp(*listening);
    ASSERT_TRUE(accepted) << accepted.error().message();
    other = std::move(accepted->socket);
    wait(one, Readiness::write);
    tune_sctp(one);
  }

  void wait(const Fd& socket, Readiness readiness) {
    bool ready = false;
    auto handle = loop.watch(socket.get(), readiness, [&] { ready = true; });
    ASSERT_TRUE(loop.run_until([&] { return ready; }, std::chrono::seconds(10)));
    handle.cancel();
  }

  ControlLoop loop;
  Fd one, other;
};

TEST_F(Sctp, sends_with_the_protocol_identifier_in_network_order_and_without_delay) {
  const int on = 1;
  ASSERT_EQ(setsockopt(other.get(), IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof on), 0);
  const auto sent = send_sctp(one, "!/2 m", 7);
  ASSERT_TRUE(sent) << sent.error().message();
  EXPECT_EQ(*sent, 5U);
  wait(other, Readiness::read);
  char octets[16];
  alignas(cmsghdr) char control[256];
  iovec into{octets, sizeof octets};
  msghdr header{};
  header.msg_iov = &into;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ASSERT_EQ(recvmsg(other.get(), &header, 0), 5);
  const auto* part = CMSG_FIRSTHDR(&header);
  ASSERT_NE(part, nullptr);
  ASSERT_EQ(part->cmsg_type, SCTP_RCVINFO);
  sctp_rcvinfo info;
  std::memcpy(&info, CMSG_DATA(part), sizeof info);
  EXPECT_EQ(ntohl(info.rcv_ppid), 7U);
  EXPECT_EQ(info.rcv_sid, 0);
  int nodelay = 0;
  socklen_t size = sizeof nodelay;
  ASSERT_EQ(getsockopt(one.get(), IPPROTO_SCTP, SCTP_NODELAY, &nodelay, &size), 0);
  EXPECT_EQ(nodelay, 1);
}

TEST_F(Sctp, gives_messages_in_pieces_and_says_which_is_the_last) {
  ASSERT_TRUE(send_sctp(one, "123456", 7));
  ASSERT_TRUE(send_sctp(one, "78", 7));
  std::string tale;
  for (int i = 0; i < 3; ++i) {
    wait(other, Readiness::read);
    char octets[4];
    bool last = false;
    const auto count = receive_sctp(other, octets, last);
    ASSERT_TRUE(count) << count.error().message();
    tale += std::string(octets, *count) + (last ? "." : "-");
  }
  EXPECT_EQ(tale, "1234-56.78.");
}

TEST_F(Sctp, sees_a_close_as_the_end) {
  char octets[4];
  bool last = true;
  auto count = receive_sctp(other, octets, last);
  ASSERT_FALSE(count);
  EXPECT_TRUE(would_block(count.error()));
  shut_write(one);
  wait(other, Readiness::read);
  count = receive_sctp(other, octets, last);
  ASSERT_TRUE(count) << count.error().message();
  EXPECT_EQ(*count, 0U);
  EXPECT_FALSE(last);
}

TEST_F(Sctp, sees_an_abort_as_a_reset) {
  reset_close(one);
  wait(other, Readiness::read);
  char octets[4];
  bool last = false;
  const auto count = receive_sctp(other, octets, last);
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error(), std::errc::connection_reset);
}

}  // namespace
