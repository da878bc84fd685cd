#pragma once
// `postern up` in a child process, with ports that the kernel chooses, and what a proxy and an operator send
// it.
#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "app/cli.hpp"
#include "app/up.hpp"
#include "base/address.hpp"

namespace test {

inline constexpr int patience_ms = 20'000;

inline void write_file(const std::string& name, std::string_view text) {
  std::FILE* file = std::fopen(name.c_str(), "w");
  ASSERT_NE(file, nullptr);
  std::fwrite(text.data(), 1, text.size(), file);
  std::fclose(file);
}

inline app::UpArguments arguments(const std::string& config, const std::string& keylog = {}) {
  app::UpArguments out;
  out.config = config;
  out.keylog = keylog;
  return out;
}

/// `postern up` in a child process, heard through its log.
class Child {
 public:
  explicit Child(const app::UpArguments& given) {
    int pipe[2], out[2];
    if (::pipe(pipe) != 0 || ::pipe(out) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(pipe[1], STDERR_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      for (const int fd : {pipe[0], pipe[1], out[0], out[1]}) ::close(fd);
      ::_exit(app::up(given));
    }
    ::close(pipe[1]);
    ::close(out[1]);
    log_ = pipe[0];
    out_ = out[0];
  }
  ~Child() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait();
    }
    ::close(log_);
    ::close(out_);
  }
  /// All that it has written to stdout, which must have ended.
  std::string output() const {
    char text[65536];
    const auto n = ::read(out_, text, sizeof text);
    return n < 0 ? "" : std::string(text, static_cast<std::size_t>(n));
  }
  void signal(int number) const { ::kill(pid_, number); }

  /// The first line not seen yet that holds `text`; empty where the log ends without it.
  std::string line(std::string_view text) {
    for (;;) {
      while (const auto n = seen_.find('\n') + 1) {
        const auto line = seen_.substr(0, n - 1);
        seen_.erase(0, n);
        if (line.find(text) != line.npos) return line;
      }
      pollfd wanted{log_, POLLIN, 0};
      char piece[4096];
      const auto n = ::poll(&wanted, 1, patience_ms) == 1 ? ::read(log_, piece, sizeof piece) : 0;
      if (n <= 0) return "";
      seen_.append(piece, static_cast<std::size_t>(n));
    }
  }
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  int log_ = -1, out_ = -1;
  std::string seen_;
};

inline std::string field(const std::string& line, std::string_view key) {
  const auto at = line.find(" " + std::string(key) + "=");
  if (at == line.npos) return "";
  const auto begin = at + key.size() + 2;
  return line.substr(begin, line.find(' ', begin) - begin);
}

/// One request over a socket of its own, its whole answer.
inline std::string exchange(int type, const std::string& address, std::string_view request) {
  const auto to = base::Address::parse(address);
  EXPECT_TRUE(to) << address;
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(to->port);
  std::memcpy(&in.sin_addr, to->ip.octets().data(), 4);
  const int fd = ::socket(AF_INET, type, 0);
  const timeval limit{patience_ms / 1000, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&in), sizeof in), 0) << std::strerror(errno);
  EXPECT_EQ(::send(fd, request.data(), request.size(), MSG_NOSIGNAL), ssize_t(request.size()));
  std::string out;
  char piece[65536];
  do {
    const auto n = ::recv(fd, piece, sizeof piece, 0);
    if (n <= 0) break;
    out.append(piece, static_cast<std::size_t>(n));
  } while (type == SOCK_STREAM);
  ::close(fd);
  return out;
}

class Up : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/postern-up-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    configure("");
  }
  void TearDown() override {
    child_.reset();
    const auto remove = "rm -rf " + folder_;
    EXPECT_EQ(std::system(remove.c_str()), 0);  // NOLINT(concurrency-mt-unsafe)
  }
  /// Ports of the kernel's choice; `access` are lines of the first realm, `more` stands at the end.
  void configure(std::string_view access, std::string_view allow = "127.0.0.0/8",
                 std::string_view more = "") const {
    write_file(config(), "[ng]\nlisten = [\"udp:127.0.0.1:0\", \"http:127.0.0.1:0\", \"unix:" + folder_ +
                             "/ng.sock\"]\nallow = [\"" + std::string(allow) +
                             "\"]\n[admin]\nlisten = \"127.0.0.1:0\"\n[[realm]]\nname = \"access\"\nports = "
                             "\"20000-20009\"\n" +
                             std::string(access) + "\n[[realm]]\nname = \"core\"\nports = \"26000-26009\"\n" +
                             "[gateway]\nshards = 1\n" + std::string(more) + "\n");
  }
  std::string config() const { return folder_ + "/postern.toml"; }
  void start() {
    child_ = std::make_unique<Child>(arguments(config(), keylog_));
    const auto ready = child_->line("event=ready");
    const auto places = field(ready, "ng");
    ng_ = places.substr(4, places.find(',') - 4);
    ng_http_ = places.substr(places.find("http:") + 5);
    ng_http_.resize(ng_http_.find(','));
    admin_ = field(ready, "admin");
    ASSERT_NE(admin_, "") << ready;
  }
  std::string http(std::string_view method, std::string_view path) const {
    return exchange(
        SOCK_STREAM, admin_,
        std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }
  int end(int number = SIGTERM) const {
    child_->signal(number);
    return child_->wait();
  }

  std::string folder_, keylog_, ng_, ng_http_, admin_;
  std::unique_ptr<Child> child_;
};

inline constexpr std::string_view offer_sdp =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message 9 TCP/MSRP *\r\n"
    "a=setup:active\r\na=accept-types:text/plain\r\na=path:msrp://127.0.0.1:9/s1;tcp\r\na=msrp-cema\r\n";

inline std::string offer(std::string_view call_id) {
  const auto text = [](std::string_view value) {
    return std::to_string(value.size()) + ":" + std::string(value);
  };
  return "o1 d7:command5:offer7:call-id" + text(call_id) + "8:from-tag1:a3:sdp" + text(offer_sdp) +
         "9:directionl6:access4:coreee";
}

}  // namespace test
