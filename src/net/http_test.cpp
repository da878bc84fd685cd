#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "tests/support/control_client.hpp"

namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using namespace net;
using test::TcpClient;

constexpr auto patience = 10s;  // for what must happen; tests that pass never wait for it

/// A server that keeps what it was asked; answers at once with what it was asked, unless told to hold.
struct Served {
  explicit Served(HttpServerOptions options = {}, std::string_view listen = "127.0.0.1:0") {
    auto opened = HttpServer::open(
        loop, listen,
        [this](const HttpRequest& request, HttpRespond respond) {
          requests.push_back(request);
          if (hold) return held.push_back(std::move(respond));
          respond({200, "text/plain", request.method + " " + request.target + " [" + request.body + "]"});
        },
        options);
    EXPECT_TRUE(opened) << opened.error().reason;
    if (opened) server = std::move(*opened);
  }

  bool wait_for(std::size_t count) {
    return loop.run_until([&] { return requests.size() >= count; }, patience);
  }
  std::string url(std::string_view path) const {
    return "http://" + server->address().to_string() + std::string(path);
  }

  ControlLoop loop;
  std::unique_ptr<HttpServer> server;
  std::vector<HttpRequest> requests;
  bool hold = false;
  std::vector<HttpRespond> held;
};

/// What the client was told: "200 type: body" or the error.
struct Told {
  HttpClient::Done done() {
    return [this](base::Result<HttpResponse, HttpError> outcome) {
      ++calls;
      text = outcome ? std::to_string(outcome->status) + " " + outcome->content_type + ": " + outcome->body
                     : outcome.error().reason;
    };
  }
  int calls = 0;
  std::string text;
};

TEST(HttpServer, hands_a_request_over_whole_and_answers_it) {
  Served served;
  TcpClient client(served.loop, served.server->address());
  client.send(
      "POST /v1/calls?limit=1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\nContent-Length: "
      "5\r\n\r\nv=");
  client.send("0\r\n");
  ASSERT_TRUE(client.wait_for("]"));
  EXPECT_EQ(client.text(),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 30\r\n\r\nPOST /v1/calls?limit=1 "
            "[v=0\r\n]");
  const auto& request = served.requests.at(0);
  EXPECT_EQ(request.path(), "/v1/calls");
  EXPECT_EQ(request.content_type, "application/sdp");
  EXPECT_EQ(request.peer, client.local());
}

TEST(HttpServer, serves_many_requests_on_one_connection_also_when_they_come_together) {
  Served served;
  TcpClient client(served.loop, served.server->address());
  for (int i = 0; i < 100; ++i) client.send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(client.wait_for("GET /99 []"));
  ASSERT_EQ(served.requests.size(), 100U);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(served.requests[i].target, "/" + std::to_string(i));
  EXPECT_EQ(served.server->connections(), 1U);
}

TEST(HttpServer, takes_chunked_bodies_and_requests_that_come_octet_by_octet) {
  Served served;
  TcpClient client(served.loop, served.server->address());
  for (const char c : std::string(
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"))
    client.send({&c, 1});
  EXPECT_TRUE(client.wait_for("POST / [abc]"));
}

TEST(HttpServer, lets_the_answer_come_later_and_only_once) {
  Served served;
  served.hold = true;
  TcpClient client(served.loop, served.server->address());
  client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(served.wait_for(1));
  served.held[0]({404, "", "first"});
  served.held[0]({200, "", "twice"});
  ASSERT_TRUE(served.wait_for(2));
  served.held[0]({200, "", "late"});
  served.held[1]({200, "", "second"});
  ASSERT_TRUE(client.wait_for("second"));
  EXPECT_EQ(client.text(),
            "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nfirstHTTP/1.1 200 OK\r\nContent-Length: "
            "6\r\n\r\nsecond");
}

TEST(HttpServer, answers_head_without_a_body) {
  Served served;
  TcpClient client(served.loop, served.server->address());
  client.send("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(client.wait_for_end());
  EXPECT_EQ(client.text(),
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\n");
  EXPECT_EQ(served.requests.at(0).method, "GET");
}

TEST(HttpServer, closes_behind_a_client_that_asks_for_it_or_speaks_http_1_0) {
  Served served;
  for (const char* head :
       {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    TcpClient client(served.loop, served.server->address());
    client.send(head);
    EXPECT_TRUE(client.wait_for_end());
    EXPECT_NE(client.text().find("200 OK"), std::string::npos);
  }
}

TEST(HttpServer, refuses_what_is_not_http_and_closes) {
  Served served;
  for (const auto bad : {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"sv, "NG 1 d7:command4:pinge\r\n\r\n"sv,
                         "\x01\r\n\r\n"sv, "GET / HTTP/1.1\r\nbad header\r\n\r\n"sv,
                         "GET / HTTP/3.9\r\n\r\n"sv, "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"sv,
                         "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"sv,
                         "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"sv}) {
    TcpClient client(served.loop, served.server->address());
    client.send(bad);
    client.finish();
    EXPECT_TRUE(client.wait_for_end());
    EXPECT_EQ(client.text().substr(0, 24), "HTTP/1.1 400 Bad Request") << bad;
  }
  EXPECT_TRUE(served.requests.empty());
}

TEST(HttpServer, refuses_a_head_and_a_body_beyond_their_limits_with_an_answer_that_arrives) {
  Served served({.max_head = 200, .max_body = 50});
  const auto ask = [&](const std::string& text) {
    TcpClient client(served.loop, served.server->address());
    client.send(text);
    client.finish();
    EXPECT_TRUE(client.wait_for_end());
    return client.text().substr(9, 3);
  };
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nX: " + std::string(300, 'a') + "\r\n\r\n"), "431");
  EXPECT_EQ(ask("GET /" + std::string(100'000, 'a')), "431");
  EXPECT_EQ(ask(post + "Content-Length: 100000\r\n\r\n" + std::string(100'000, 'b')), "413");
  EXPECT_EQ(ask(post + "Transfer-Encoding: chunked\r\n\r\n40\r\n" + std::string(64, 'b') + "\r\n0\r\n\r\n"),
            "413");
  EXPECT_TRUE(served.requests.empty());
  EXPECT_EQ(ask(post + "Content-Length: 50\r\n\r\n" + std::string(50, 'b')), "200");
}

TEST(HttpServer, closes_a_connection_that_is_slow_or_idle_or_never_answered) {
  Served served({.idle = 30ms});
  served.hold = true;
  TcpClient slow(served.loop, served.server->address());
  slow.send("GET / HTT");
  EXPECT_TRUE(slow.wait_for_end());
  EXPECT_EQ(slow.text(), "");
  TcpClient unanswered(served.loop, served.server->address());
  unanswered.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(unanswered.wait_for_end());
  EXPECT_EQ(served.requests.size(), 1U);
  EXPECT_EQ(served.server->connections(), 0U);
  served.held[0]({200, "", "too late"});
}

TEST(HttpServer, keeps_only_so_many_connections) {
  Served served({.max_connections = 2});
  served.hold = true;
  TcpClient asking(served.loop, served.server->address());
  asking.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(served.wait_for(1));
  TcpClient slow(served.loop, served.server->address());
  slow.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(served.wait_for(2));
  TcpClient refused(served.loop, served.server->address());
  EXPECT_TRUE(refused.wait_for_end());
  served.held[0]({200, "", "first"});
  served.held[1]({200, "", "second"});
  EXPECT_TRUE(asking.wait_for("first"));
  EXPECT_TRUE(slow.wait_for("second"));
  EXPECT_EQ(served.server->connections(), 2U);
}

TEST(HttpServer, lets_a_new_connection_take_the_place_of_the_one_that_is_idle_longest) {
  Served served({.max_connections = 3});
  const auto address = served.server->address();
  const auto accepted = [&](std::size_t count) {
    return served.loop.run_until([&] { return served.server->connections() == count; }, patience);
  };
  TcpClient halfway(served.loop, address);
  halfway.send("GET /half");
  TcpClient used(served.loop, address);
  ASSERT_TRUE(accepted(2));
  TcpClient silent(served.loop, address);
  ASSERT_TRUE(accepted(3));
  used.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");  // so it has been idle for less time than the silent one
  ASSERT_TRUE(used.wait_for("GET /1"));
  TcpClient fresh(served.loop, address);
  EXPECT_TRUE(silent.wait_for_end());
  fresh.send("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(fresh.wait_for("GET /2"));
  used.send("GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(used.wait_for("GET /3"));
  halfway.send(" HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(halfway.wait_for("GET /half"));
  EXPECT_EQ(served.server->connections(), 3U);
}

TEST(HttpServer, that_ends_closes_its_connections_and_its_port) {
  Served served;
  served.hold = true;
  TcpClient idle(served.loop, served.server->address());
  TcpClient waiting(served.loop, served.server->address());
  waiting.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(served.wait_for(1));
  const auto address = served.server->address();
  served.server.reset();
  served.held[0]({200, "", "late"});
  EXPECT_TRUE(idle.wait_for_end());
  EXPECT_TRUE(waiting.wait_for_end());
  EXPECT_EQ(waiting.text(), "");
  EXPECT_TRUE(HttpServer::open(served.loop, address.to_string(), [](const auto&, auto) {}));
}

TEST(HttpServer, says_what_is_wrong_with_the_text_it_should_listen_on) {
  Served served;
  const auto error_of = [&](std::string_view listen) {
    const auto opened = HttpServer::open(served.loop, listen, [](const auto&, auto) {});
    return opened ? "opened" : opened.error().reason;
  };
  EXPECT_EQ(error_of("localhost:80"), "cannot listen on \"localhost:80\": expected ADDRESS:PORT");
  EXPECT_NE(error_of("::1:80").find("expected"), std::string::npos);
  EXPECT_NE(error_of(served.server->address().to_string()).find("in use"), std::string::npos);
}

TEST(HttpClient, posts_and_hands_over_the_response) {
  for (const char* listen : {"127.0.0.1:0", "[::1]:0"}) {
    Served served({}, listen);
    HttpClient client(served.loop);
    Told told;
    client.post(served.url("/offer?x=1"), "application/sdp", "v=0\r\n", patience, told.done());
    ASSERT_TRUE(served.loop.run_until([&] { return told.calls > 0; }, patience));
    EXPECT_EQ(told.text, "200 text/plain: POST /offer?x=1 [v=0\r\n]");
    EXPECT_EQ(served.requests.at(0).content_type, "application/sdp");
    EXPECT_EQ(told.calls, 1);
  }
}

TEST(HttpClient, resolves_names_and_takes_a_url_without_a_path) {
  Served served;
  HttpClient client(served.loop);
  Told told;
  client.get("http://localhost:" + std::to_string(served.server->address().port), patience, told.done());
  ASSERT_TRUE(served.loop.run_until([&] { return told.calls > 0; }, patience));
  EXPECT_EQ(told.text, "200 text/plain: GET / []");
}

TEST(HttpClient, carries_many_requests_at_once_and_hands_over_errors_of_the_server) {
  Served served;
  served.hold = true;
  HttpClient client(served.loop);
  std::vector<Told> told(20);
  for (auto& one : told) client.post(served.url("/"), "text/plain", "x", patience, one.done());
  ASSERT_TRUE(served.wait_for(told.size()));
  for (auto& respond : served.held) respond({486, "application/json", "{}"});
  const auto all = [&] { return std::ranges::all_of(told, [](const Told& one) { return one.calls == 1; }); };
  ASSERT_TRUE(served.loop.run_until(all, patience));
  for (const auto& one : told) EXPECT_EQ(one.text, "486 application/json: {}");
}

TEST(HttpClient, gives_up_in_time) {
  Served served;
  served.hold = true;
  HttpClient client(served.loop);
  Told told;
  client.post(served.url("/"), "text/plain", "x", 30ms, told.done());
  ASSERT_TRUE(served.loop.run_until([&] { return told.calls > 0; }, patience));
  EXPECT_EQ(told.text, served.url("/") + ": no response in time");
}

TEST(HttpClient, says_why_there_is_no_response) {
  ControlLoop loop;
  HttpClient client(loop);
  const auto ask = [&](const std::string& url) {
    Told told;
    client.get(url, patience, told.done());
    EXPECT_EQ(told.calls, 0) << "only from the loop";
    EXPECT_TRUE(loop.run_until([&] { return told.calls > 0; }, patience));
    return told.text;
  };
  base::Address closed;
  {
    Served served;
    closed = served.server->address();
  }
  EXPECT_NE(ask("http://" + closed.to_string()).find("cannot connect: "), std::string::npos);
  EXPECT_NE(ask("http://no-such-host.invalid/").find("cannot resolve the name"), std::string::npos);
  for (const char* bad :
       {"", "https://127.0.0.1/", "http://", "http://:80/", "http://[::1/", "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/", "http://127.0.0.1:/", "http://127.0.0.1/a b", "http://h/\r\nX: y"}) {
    EXPECT_NE(ask(bad).find("expected http://host[:port][/path]"), std::string::npos) << bad;
    EXPECT_FALSE(HttpClient::is_url(bad)) << bad;
  }
}

TEST(HttpClient, refuses_a_response_that_is_not_http_or_cut_off) {
  ControlLoop loop;
  HttpClient client(loop);
  const auto listening = listen_tcp({*base::IpAddress::parse("127.0.0.1"), 0});
  ASSERT_TRUE(listening);
  for (const char* response : {"SSH-2.0-x\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", ""}) {
    Told told;
    client.get("http://" + local_address(*listening)->to_string(), patience, told.done());
    const auto serve = loop.watch(listening->get(), Readiness::read, [&] {
      auto accepted = accept_tcp(*listening);
      if (!accepted) return;
      static_cast<void>(send(accepted->socket, response));
      shut_write(accepted->socket);
      char request[1000];
      static_cast<void>(receive(accepted->socket, request));
    });
    ASSERT_TRUE(loop.run_until([&] { return told.calls > 0; }, patience));
    EXPECT_NE(told.text.find(": "), std::string::npos);
    EXPECT_EQ(told.text.find("200 "), std::string::npos) << told.text;
  }
}

TEST(HttpClient, that_ends_drops_what_is_under_way_without_a_call) {
  Served served;
  served.hold = true;
  auto client = std::make_unique<HttpClient>(served.loop);
  Told told;
  client->get(served.url("/"), patience, told.done());
  ASSERT_TRUE(served.wait_for(1));
  client->get("not a url", patience, told.done());
  client.reset();
  served.held[0]({200, "", "late"});
  EXPECT_TRUE(served.loop.run_until([&] { return served.server->connections() == 0; }, patience));
  EXPECT_EQ(told.calls, 0);
}

}  // namespace
