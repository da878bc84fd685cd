#include "net/sctp.hpp"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
// clang-format off: it needs what stands before it
#include <linux/sctp.h>
// clang-format on

#include "base/expect.hpp"
#include "net/control_messages.hpp"

namespace net {
namespace {

IoResult<std::size_t> octet_count(ssize_t result) noexcept {
  if (result < 0) return std::error_code(errno, std::system_category());
  return static_cast<std::size_t>(result);
}

}  // namespace

bool has_sctp() {
  return static_cast<bool>(Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP)));
}

void tune_sctp(const Fd& socket) noexcept {
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof on);
}

IoResult<std::size_t> send_sctp(const Fd& socket, std::string_view message, std::uint32_t protocol) noexcept {
  sctp_sndinfo info{};
  info.snd_ppid = htonl(protocol);  // the kernel passes it on as it is (RFC 6458 clause 5.3.4)
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof info)]{};
  iovec octets{const_cast<char*>(message.data()), message.size()};  // sendmsg only reads
  msghdr header{};
  header.msg_iov = &octets;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  auto* part = CMSG_FIRSTHDR(&header);
  part->cmsg_level = IPPROTO_SCTP;
  part->cmsg_type = SCTP_SNDINFO;
  part->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(part), &info, sizeof info);
  ssize_t sent;
  do sent = sendmsg(socket.get(), &header, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return octet_count(sent);
}

IoResult<std::size_t> receive_sctp(const Fd& socket, std::span<char> into, bool& last) noexcept {
  base::expect(!into.empty());
  iovec octets{into.data(), into.size()};
  msghdr header{};
  header.msg_iov = &octets;
  header.msg_iovlen = 1;
  ssize_t received;
  do received = recvmsg(socket.get(), &header, 0);
  while (received < 0 && errno == EINTR);
  last = received > 0 && (header.msg_flags & MSG_EOR) != 0;
  return octet_count(received);
}

}  // namespace net
