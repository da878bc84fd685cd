#include "app/ctl.hpp"

#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "app/admin.hpp"
#include "app/ctl_commands.hpp"
#include "app/ctl_http.hpp"
#include "net/http_server.hpp"

namespace app {
namespace {

/// An admin HTTP on a thread of its own, which always gives one answer.
class Served {
 public:
  explicit Served(net::HttpResponse answer) {
    auto server =
        net::HttpServer::open(loop_, "127.0.0.1:0", [this, answer](const auto& request, auto respond) {
          asked_ = request.method + " " + request.target;
          if (answer.status != 0) respond(answer);
        });
    EXPECT_TRUE(server);
    server_ = *std::move(server);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Served() { end(); }
  std::string address() const { return server_->address().to_string(); }
  /// What it was asked, once nobody asks any more.
  std::string end() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
    return asked_;
  }

 private:
  net::ControlLoop loop_;
  std::string asked_;
  std::unique_ptr<net::HttpServer> server_;
  std::thread thread_;
};

class Ctl : public testing::Test {
 protected:
  int run(const std::vector<std::string>& arguments) {
    char *out_text = nullptr, *err_text = nullptr;
    std::size_t size = 0;
    std::FILE* out = open_memstream(&out_text, &size);
    std::FILE* err = open_memstream(&err_text, &size);
    const int code = ctl(arguments, out, err);
    std::fclose(out);
    std::fclose(err);
    out_ = out_text;
    err_ = err_text;
    std::free(out_text);
    std::free(err_text);
    return code;
  }
  /// Runs it against an admin HTTP that gives this answer.
  int ask(std::vector<std::string> arguments, net::HttpResponse answer) {
    Served served(std::move(answer));
    arguments.insert(arguments.begin(), {"--admin", served.address()});
    const int code = run(arguments);
    asked_ = served.end();
    return code;
  }
  void expect_error(int expected, int code, std::string_view part) {
    EXPECT_EQ(code, expected) << part;
    EXPECT_TRUE(err_.starts_with("postern ctl: ")) << err_;
    EXPECT_NE(err_.find(part), std::string::npos) << err_;
    EXPECT_EQ(err_.find('\n'), err_.size() - 1) << err_;
    EXPECT_EQ(out_, "");
  }

  std::string out_, err_, asked_;
};

net::HttpResponse json(std::string body, unsigned status = 200) {
  return {status, "application/json", std::move(body)};
}

TEST_F(Ctl, ListsCallsOneALine) {
  EXPECT_EQ(ask({"list"}, json(R"({"result":"ok","calls":["a","b c"]})")), 0);
  EXPECT_EQ(out_, "a\nb c\n");
  EXPECT_EQ(err_, "");
  EXPECT_EQ(asked_, "GET /v1/calls?limit=100");
  EXPECT_EQ(ask({"list", "--limit", "2"}, json(R"({"calls":["a","b"]})")), 0);
  EXPECT_EQ(out_, "a\nb\n");
  EXPECT_NE(err_.find("--limit"), std::string::npos) << "there may be more";
  EXPECT_EQ(asked_, "GET /v1/calls?limit=2");
  EXPECT_EQ(ask({"list"}, json(R"({"calls":[]})")), 0);
  EXPECT_EQ(out_ + err_, "");
}

TEST_F(Ctl, ShowsOneCallByItsPercentEncodedId) {
  EXPECT_EQ(ask({"show", "x/y z?%"}, json(R"({"result":"ok","call-id":"x/y z?%","sections":[]})")), 0);
  EXPECT_EQ(out_, "call-id  x/y z?%\n");
  EXPECT_EQ(asked_, "GET /v1/calls/x%2fy%20z%3f%25");
  EXPECT_EQ(ask({"show", "--", "--help"}, json(R"({"call-id":"--help"})")), 0);
  EXPECT_EQ(asked_, "GET /v1/calls/--help");
}

TEST_F(Ctl, EndsOneCall) {
  EXPECT_EQ(ask({"delete", "a"}, json(R"({"result":"ok","call-id":"a","totals":{"octets":3}})")), 0);
  EXPECT_EQ(out_, "deleted a: octets 3\n");
  EXPECT_EQ(asked_, "DELETE /v1/calls/a");
}

TEST_F(Ctl, JsonComesOutAsItCame) {
  const std::string body = "{\"result\":\"ok\", \"calls\" : [1]}\n";
  for (const auto& arguments : {std::vector<std::string>{"--json", "list"}, {"list", "--json"}}) {
    EXPECT_EQ(ask(arguments, json(body)), 0);
    EXPECT_EQ(out_, body);
  }
  EXPECT_EQ(ask({"show", "a", "--json"}, json(body)), 0);
  EXPECT_EQ(out_, body);
}

TEST_F(Ctl, HealthIsAWordAndAnExitCode) {
  EXPECT_EQ(ask({"health"}, {200, "text/plain", "ok\n"}), 0);
  EXPECT_EQ(out_, "ok\n");
  EXPECT_EQ(asked_, "GET /healthz");
  EXPECT_EQ(ask({"health"}, {503, "text/plain", "draining\n"}), 1);
  EXPECT_EQ(out_, "draining\n");
  EXPECT_EQ(ask({"--json", "health"}, {503, "text/plain", "draining\n"}), 1);
  EXPECT_EQ(out_, "{\"health\":\"draining\"}\n");
  expect_error(1, ask({"health"}, {404, "text/plain", ""}), "status 404");
}

TEST_F(Ctl, WhatFailsIsOneLine) {
  expect_error(1, ask({"show", "nobody"}, json(R"({"error":"Unknown call-id"})", 404)),
               "nobody: Unknown call-id");
  expect_error(1, ask({"--json", "delete", "a\nb"}, json(R"({"error":"no\nsuch"})", 404)),
               "a\\x0ab: no\\x0asuch");
  expect_error(1, ask({"list"}, json("{}", 500)), "status 500");
  expect_error(1, ask({"list"}, json("{}")), "no list");
  expect_error(1, ask({"list"}, json("")), "not Postern's");
  expect_error(1, ask({"list"}, {200, "text/html", "<html>"}), "not Postern's");
  std::string nobody;
  {
    const Served served(json("{}"));
    nobody = served.address();
  }
  expect_error(1, run({"list", "--admin", nobody}), "Connection refused");
  expect_error(1, run({"list", "--admin", "no-such-host.invalid:80"}), "cannot resolve");
}

TEST_F(Ctl, AServerThatDoesNotAnswerIsGivenUp) {
  Served silent({.status = 0, .content_type = "", .body = ""});
  const auto answer = ask_admin(silent.address(), "GET", "/", std::chrono::milliseconds(20));
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().reason.find("no response in time"), std::string::npos);
}

TEST_F(Ctl, AnAnswerThatCannotBeWrittenIsAFailure) {
  Served served(json(R"({"calls":["a"]})"));
  std::FILE* full = std::fopen("/dev/full", "w");
  std::FILE* null = std::fopen("/dev/null", "w");
  EXPECT_EQ(ctl(std::vector<std::string>{"list", "--admin", served.address()}, full, null), 1);
  std::fclose(full);
  std::fclose(null);
}

TEST_F(Ctl, BadUsageIsOneLine) {
  expect_error(2, run({}), "subcommand is required");
  expect_error(2, run({"explode"}), "unknown command 'explode'");
  expect_error(2, run({"show"}), "CALL-ID");
  expect_error(2, run({"show", ""}), "CALL-ID");
  expect_error(2, run({"show", "a", "b"}), "b");
  expect_error(2, run({"list", "--surprise"}), "--surprise");
  for (const auto* limit : {"0", "-1", "x", "99999999999"})
    expect_error(2, run({"list", "--limit", limit}), "--limit");
  for (const auto* admin :
       {"9900", "127.0.0.1", "http://127.0.0.1:1", "127.0.0.1:1/x", "127.0.0.1:0", ":1", "a b:1"})
    expect_error(2, run({"--admin", admin, "list"}), "--admin: expected HOST:PORT");
  expect_error(2, run({"--admin", "127.0.0.1:1", "list", "--config", "x"}), "only one");
}

TEST_F(Ctl, HelpIsEverywhere) {
  EXPECT_EQ(run({"--help"}), 0);
  for (const auto& command : ctl_commands()) EXPECT_NE(out_.find(command.name), std::string::npos) << out_;
  for (const auto& command : ctl_commands()) {
    EXPECT_EQ(run({command.name, "--help"}), 0);
    EXPECT_NE(out_.find("postern ctl " + std::string(command.name)), std::string::npos) << out_;
    const bool asks = std::string_view(command.name) != "explain";  // which needs nobody
    EXPECT_EQ(out_.find("--admin HOST:PORT") != std::string::npos, asks) << out_;
  }
  EXPECT_EQ(err_, "");
}

TEST_F(Ctl, TakesTheAddressFromTheConfiguration) {
  char name[] = "/tmp/postern-ctl-XXXXXX";
  const int fd = ::mkstemp(name);
  const auto configure = [&](const std::string& text) {
    std::FILE* file = std::fopen(name, "w");
    std::fputs(text.c_str(), file);
    std::fclose(file);
  };
  CtlArguments arguments;
  EXPECT_EQ(*admin_address(arguments), "127.0.0.1:9900");
  arguments.config = name;
  configure("[admin]\nlisten = \"[::1]:77\"\n");
  EXPECT_EQ(*admin_address(arguments), "[::1]:77");
  for (const auto* listen : {"", "127.0.0.1:0"}) {
    configure("[admin]\nlisten = \"" + std::string(listen) + "\"\n");
    expect_error(2, run({"list", "--config", name}), "admin.listen: expected ADDRESS:PORT");
  }
  configure("[admin]\nlisten = 1\n");
  expect_error(2, run({"list", "--config", name}), "admin.listen: expected");
  std::remove(name);
  ::fclose(::fdopen(fd, "r"));
  expect_error(2, run({"list", "--config", name}), "cannot be opened");
}

TEST(CallPath, IsUndoneByTheAdminSide) {
  std::string every;
  for (int c = 0; c < 256; ++c) every.push_back(static_cast<char>(c));
  const auto path = call_path(every);
  const std::string_view prefix = "/v1/calls/";
  ASSERT_TRUE(path.starts_with(prefix));
  EXPECT_EQ(percent_decode(std::string_view(path).substr(prefix.size())), every);
  EXPECT_EQ(path.find_first_of(" ?#\r\n"), std::string::npos);
}

TEST_F(Ctl, AssociationsAndTheirTraces) {
  const std::string body =
      R"({"associations":[{"peer":"[192.0.2.20]:2944","role":"mg","state":"registered"}]})";
  EXPECT_EQ(ask({"associations"}, {200, "application/json", body}), 0);
  EXPECT_EQ(asked_, "GET /v1/associations");
  EXPECT_NE(out_.find("\n[192.0.2.20]:2944  mg    registered  "), std::string::npos) << out_;
  EXPECT_EQ(ask({"associations", "--json"}, {200, "application/json", body}), 0);
  EXPECT_EQ(out_, body);
  EXPECT_EQ(ask({"trace", "[192.0.2.20]:2944", "on"}, {200, "application/json", R"({"trace":"on"})"}), 0);
  EXPECT_EQ(asked_, "POST /v1/associations/%5b192.0.2.20%5d%3a2944/trace/on");
  EXPECT_EQ(out_, "trace of [192.0.2.20]:2944: on\n");
  EXPECT_EQ(ask({"trace", "x", "off"}, {200, "application/json", R"({"trace":"off"})"}), 0);
  EXPECT_EQ(asked_, "POST /v1/associations/x/trace/off");
  expect_error(
      1, ask({"trace", "x", "off"}, {404, "application/json", R"({"error":"there is no such association"})"}),
      "x: there is no such association");
  expect_error(2, run({"trace", "x", "maybe"}), "maybe");
  expect_error(2, run({"trace", "x"}), "SWITCH");
}

}  // namespace
}  // namespace app
