#include "net/control_ng.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "net/control_loop.hpp"
#include "net/socket.hpp"
#include "tests/support/control_client.hpp"

namespace {

using namespace std::chrono_literals;
using namespace net;
using test::TcpClient;

constexpr auto patience = 10s;  // for what must happen; tests that pass never wait for it

/// A listener that keeps what it was asked; answers at once with "re:" and the frame, unless told to hold.
struct Asked {
  explicit Asked(std::string_view listen, NgListenOptions options = {}) {
    options.frame_length =
        [](std::string_view text) -> std::optional<std::size_t> {  // frames of this test end in ';'
      if (text.starts_with('!')) return std::nullopt;
      const auto end = text.find(';');
      return end == text.npos ? 0 : end + 1;
    };
    auto opened = NgListener::open(
        loop, listen,
        [this](std::string_view frame, const NgSource& source, NgReply reply) {
          frames.emplace_back(frame);
          sources.push_back(source);
          if (hold) return held.push_back(std::move(reply));
          reply("re:" + frames.back());
        },
        std::move(options));
    EXPECT_TRUE(opened) << opened.error().reason;
    if (opened) listener = std::move(*opened);
  }

  bool wait_for(std::size_t count) {
    return loop.run_until([&] { return frames.size() >= count; }, patience);
  }

  ControlLoop loop;
  std::unique_ptr<NgListener> listener;
  std::vector<std::string> frames;
  std::vector<NgSource> sources;
  bool hold = false;
  std::vector<NgReply> held;
};

std::string error_of(std::string_view listen) {
  ControlLoop loop;
  NgListenOptions options;
  options.frame_length = [](std::string_view) { return std::optional<std::size_t>(0); };
  const auto opened = NgListener::open(loop, listen, [](auto, const auto&, auto) {}, options);
  return opened ? "opened" : opened.error().reason;
}

TEST(NgListener, answers_udp_at_once_or_later) {
  Asked asked("udp:127.0.0.1:0");
  const auto to = asked.listener->address();
  ASSERT_NE(to.port, 0);
  EXPECT_EQ(asked.listener->local_address(), "udp:" + to.to_string());
  test::UdpClient client(AF_INET);
  client.send(to, "1 de");
  ASSERT_TRUE(asked.wait_for(1));
  EXPECT_EQ(client.receive(), "re:1 de");
  asked.hold = true;
  client.send(to, "2 de");
  ASSERT_TRUE(asked.wait_for(2));
  asked.held[0]("late");
  EXPECT_EQ(client.receive(), "late");
  EXPECT_EQ(asked.sources[0].ip, base::IpAddress::parse("127.0.0.1"));
  EXPECT_EQ(asked.sources[0].key, "udp:" + client.local().to_string());
  EXPECT_EQ(asked.sources[1].key, asked.sources[0].key);
}

TEST(NgListener, answers_udp_from_the_address_that_was_asked) {
  Asked asked("udp:0.0.0.0:0");
  test::UdpClient client(AF_INET);
  for (const char* ip : {"127.0.0.3", "127.0.0.2"}) {
    const base::Address to{*base::IpAddress::parse(ip), asked.listener->address().port};
    client.send(to, "c de");
    ASSERT_TRUE(asked.wait_for(1));
    base::Address from;
    EXPECT_EQ(client.receive(&from), "re:c de");
    EXPECT_EQ(from, to);
    asked.frames.clear();
  }
}

TEST(NgListener, answers_udp_with_the_longest_datagram_there_is) {
  Asked asked("udp:127.0.0.1:0");
  asked.hold = true;
  test::UdpClient client(AF_INET);
  const std::string longest(65'507, 'x');
  client.send(asked.listener->address(), longest);
  ASSERT_TRUE(asked.wait_for(1));
  EXPECT_EQ(asked.frames[0], longest);
  asked.held[0](longest);
  EXPECT_EQ(client.receive(), longest);
  asked.held[0](std::string(70'000, 'x'));  // cannot be sent; and nobody is hurt
  asked.held[0]("next");
  EXPECT_EQ(client.receive(), "next");
}

TEST(NgListener, serves_udp_over_ipv6_with_and_without_brackets) {
  for (const char* listen : {"udp6:[::1]:0", "udp6:::1:0"}) {
    Asked asked(listen);
    const auto to = asked.listener->address();
    EXPECT_EQ(asked.listener->local_address(), "udp6:[::1]:" + std::to_string(to.port));
    test::UdpClient client(AF_INET6);
    client.send(to, "1 de");
    ASSERT_TRUE(asked.wait_for(1));
    EXPECT_EQ(client.receive(), "re:1 de");
    EXPECT_EQ(asked.sources[0].ip, base::IpAddress::parse("::1"));
  }
}

TEST(NgListener, serves_all_of_many_datagrams_that_wait_at_once) {
  Asked asked("udp:127.0.0.1:0", {.burst = 2});
  test::UdpClient client(AF_INET);
  for (int i = 0; i < 20; ++i) client.send(asked.listener->address(), std::to_string(i));
  ASSERT_TRUE(asked.wait_for(20));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.receive(), "re:" + std::to_string(i));
}

TEST(NgListener, that_has_gone_makes_late_answers_harmless) {
  for (const char* listen : {"udp:127.0.0.1:0", "tcp:127.0.0.1:0"}) {
    Asked asked(listen);
    asked.hold = true;
    test::UdpClient udp(AF_INET);
    std::optional<TcpClient> tcp;
    if (listen[0] == 'u') {
      udp.send(asked.listener->address(), "1 de");
    } else {
      tcp.emplace(asked.loop, asked.listener->address());
      tcp->send("1 de;");
    }
    ASSERT_TRUE(asked.wait_for(1));
    asked.listener.reset();
    asked.held[0]("late");
  }
}

class NgUnix : public testing::Test {
 protected:
  NgUnix() {
    std::string name = std::filesystem::temp_directory_path() / "postern-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/ng.sock";
  }
  ~NgUnix() override { std::filesystem::remove_all(folder_); }

  std::string folder_, path_;
};

TEST_F(NgUnix, answers_datagrams_and_removes_its_file) {
  {
    Asked asked("unix:" + path_);
    EXPECT_EQ(asked.listener->local_address(), "unix:" + path_);
    test::UnixClient client(folder_ + "/client");
    client.send(path_, "1 de");
    ASSERT_TRUE(asked.wait_for(1));
    EXPECT_EQ(client.receive(), "re:1 de");
    EXPECT_EQ(asked.sources[0].ip, std::nullopt);
    EXPECT_EQ(asked.sources[0].key, "unix:" + folder_ + "/client");
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(NgUnix, answers_clients_with_an_abstract_address_and_survives_those_without_one) {
  Asked asked("unix:" + path_);
  test::UnixClient nameless("");
  nameless.send(path_, "nobody de");
  test::UnixClient abstract(std::string("\0postern-test-", 14) + std::to_string(::getpid()));
  abstract.send(path_, "1 de");
  ASSERT_TRUE(asked.wait_for(2));
  EXPECT_EQ(abstract.receive(), "re:1 de");
}

TEST_F(NgUnix, replaces_a_file_that_was_left_behind_but_not_one_in_use_or_of_another_kind) {
  {
    const Fd dead(::socket(AF_UNIX, SOCK_DGRAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ASSERT_TRUE(std::filesystem::exists(path_));
  Asked asked("unix:" + path_);
  EXPECT_NE(error_of("unix:" + path_).find("in use"), std::string::npos);
  test::UnixClient client(folder_ + "/client");
  client.send(path_, "1 de");
  EXPECT_TRUE(asked.wait_for(1)) << "the listener in use still works";
  std::ofstream(folder_ + "/file") << "mine";
  EXPECT_NE(error_of("unix:" + folder_ + "/file").find("exists"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/file"));
}

TEST(NgListener, says_what_is_wrong_with_the_text_it_should_listen_on) {
  EXPECT_EQ(error_of("127.0.0.1:2228"),
            "cannot listen on \"127.0.0.1:2228\": expected udp:, udp6:, unix: or tcp: before the address");
  for (const char* bad : {"", "udp:", "udp:localhost:1", "udp:[::1]:1", "udp:1.2.3.4", "udp:1.2.3.4:70000",
                          "udp:1.2.3.4:", "udp6:1.2.3.4:1", "udp6:[::1]", "unix:", "unix:relative",
                          "tcp:", "tcp:x:1", "sctp:1.2.3.4:1"})
    EXPECT_NE(error_of(bad).find("expected"), std::string::npos) << bad;
  EXPECT_NE(error_of("unix:/" + std::string(200, 'p')).find("long"), std::string::npos);
  EXPECT_NE(error_of("udp:192.0.2.1:0").find("cannot listen"), std::string::npos);  // none of our addresses
}

TEST(NgListener, says_that_a_port_is_in_use) {
  for (const char* scheme : {"udp:", "tcp:"}) {
    Asked asked(std::string(scheme) + "127.0.0.1:0");
    EXPECT_NE(error_of(asked.listener->local_address()).find("in use"), std::string::npos);
  }
}

TEST(NgListener, takes_frames_from_tcp_however_they_are_cut) {
  Asked asked("tcp:127.0.0.1:0");
  TcpClient client(asked.loop, asked.listener->address());
  client.send("1 de;\r\n2 d");
  ASSERT_TRUE(asked.wait_for(1));
  client.send("e;");
  ASSERT_TRUE(asked.wait_for(2));
  EXPECT_EQ(asked.frames, (std::vector<std::string>{"1 de;", "2 de;"}));
  EXPECT_TRUE(client.wait_for("re:1 de;re:2 de;"));
  EXPECT_EQ(asked.sources[0].key, "tcp:" + client.local().to_string());
  EXPECT_EQ(asked.sources[0].ip, base::IpAddress::parse("127.0.0.1"));
}

TEST(NgListener, answers_a_tcp_client_that_has_said_all_and_closes) {
  Asked asked("tcp:[::1]:0");
  asked.hold = true;
  TcpClient client(asked.loop, asked.listener->address());
  client.send("1 de;");
  client.finish();
  ASSERT_TRUE(asked.wait_for(1));
  asked.held[0]("late");
  EXPECT_TRUE(client.wait_for_end());
  EXPECT_EQ(client.text(), "late");
}

TEST(NgListener, closes_a_tcp_connection_that_does_not_speak_ng_or_too_long) {
  Asked asked("tcp:127.0.0.1:0", {.max_frame = 100});
  TcpClient bad(asked.loop, asked.listener->address());
  bad.send("!GET /");
  EXPECT_TRUE(bad.wait_for_end());
  TcpClient endless(asked.loop, asked.listener->address());
  endless.send(std::string(100, 'x'));
  EXPECT_TRUE(endless.wait_for_end());
  TcpClient fits(asked.loop, asked.listener->address());
  fits.send(std::string(99, 'x') + ";");
  EXPECT_TRUE(fits.wait_for("re:"));
  TcpClient longer(asked.loop, asked.listener->address());
  longer.send(std::string(100, 'x') + ";");
  EXPECT_TRUE(longer.wait_for_end());
  EXPECT_EQ(asked.frames.size(), 1U);
}

TEST(NgListener, closes_a_tcp_connection_that_is_idle) {
  Asked asked("tcp:127.0.0.1:0", {.idle = 30ms});
  TcpClient client(asked.loop, asked.listener->address());
  client.send("half a fr");
  EXPECT_TRUE(client.wait_for_end());
}

TEST(NgListener, keeps_only_so_many_tcp_connections) {
  Asked asked("tcp:127.0.0.1:0", {.max_connections = 1});
  auto first = std::make_unique<TcpClient>(asked.loop, asked.listener->address());
  first->send("1 de;");
  ASSERT_TRUE(asked.wait_for(1));
  TcpClient second(asked.loop, asked.listener->address());
  EXPECT_TRUE(second.wait_for_end());
  first->finish();
  EXPECT_TRUE(first->wait_for_end());
  TcpClient third(asked.loop, asked.listener->address());
  third.send("3 de;");
  EXPECT_TRUE(third.wait_for("re:3"));
}

TEST(NgListener, carries_out_only_so_many_requests_of_a_tcp_connection_at_a_time) {
  Asked asked("tcp:127.0.0.1:0", {.max_in_flight = 2});
  asked.hold = true;
  TcpClient client(asked.loop, asked.listener->address());
  client.send("1;2;3;4;");
  ASSERT_TRUE(asked.wait_for(2));
  EXPECT_FALSE(asked.loop.run_until([&] { return asked.frames.size() > 2; }, 5ms));
  const auto held = asked.held;  // answering lets the next ones in
  held[1]("b");
  held[0]("a");
  ASSERT_TRUE(asked.wait_for(4));
  EXPECT_TRUE(client.wait_for("ba"));
}

TEST(NgListener, does_not_let_answers_pile_up_that_a_tcp_client_does_not_take) {
  Asked asked("tcp:127.0.0.1:0");
  constexpr std::size_t frame = 60'000, count = 1000;  // more than the buffers of four sockets hold
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all.append(frame - 1, 'x').push_back(';');
  TcpClient client(asked.loop, asked.listener->address());
  client.pause();
  std::string_view rest = all;
  const auto send_more = [&] {
    const auto sent = client.send_some(rest);
    rest.remove_prefix(sent);
    return sent > 0;
  };
  for (int quiet = 0; quiet < 3 && !rest.empty();) {
    quiet = send_more() ? 0 : quiet + 1;
    asked.loop.run_until([] { return false; }, 5ms);
  }
  EXPECT_FALSE(rest.empty()) << "the listener read on, whatever became of its answers";
  EXPECT_LT(asked.frames.size(), count);
  client.resume();
  const auto done = [&] {
    send_more();
    return client.text().size() >= count * (frame + 3);
  };
  EXPECT_TRUE(asked.loop.run_until(done, patience));
  EXPECT_EQ(asked.frames.size(), count);
}

}  // namespace
