#include "app/admin.hpp"

#include <map>

#include <gtest/gtest.h>

#include "app/version.hpp"
#include "proto/ng/json.hpp"
#include "proto/ng/reply.hpp"

namespace app {
namespace {

/// A controller that knows the calls "a", "b" and "x/y z".
class AdminTest : public testing::Test {
 protected:
  net::HttpResponse ask(std::string method, std::string target) {
    std::optional<net::HttpResponse> got;
    admin_.on_request({.method = std::move(method),
                       .target = std::move(target),
                       .content_type = {},
                       .body = {},
                       .peer = {}},
                      [&](net::HttpResponse response) {
                        EXPECT_FALSE(got) << "answered twice";
                        got = std::move(response);
                      });
    EXPECT_TRUE(got) << "not answered";
    return got.value_or(net::HttpResponse{});
  }
  std::string json(std::string method, std::string target, unsigned status) {
    const auto response = ask(std::move(method), target);
    EXPECT_EQ(response.status, status) << target << ": " << response.body;
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_TRUE(ng::parse_json(response.body)) << response.body;
    return response.body;
  }
  ng::Value execute(const ng::Request& request) {
    command_ = request.command;
    call_id_ = request.call_id;
    if (request.command == ng::Command::list) {
      limit_ = request.limit;
      ng::Reply reply;
      reply.more.set("calls", ng::List{"a", "b"});
      return ng::print_reply(reply);
    }
    const bool known = request.call_id == "a" || request.call_id == "x/y z";
    if (request.command == ng::Command::query && !known)
      return ng::print_reply(ng::Reply::error("Unknown call-id"));
    if (!known) return ng::print_reply(ng::Reply::warn("Call-ID not found"));
    ng::Reply reply;
    reply.more.set("call-id", request.call_id);
    return ng::print_reply(reply);
  }

  bool draining_ = false;
  ng::Command command_ = ng::Command::ping;
  std::string call_id_;
  std::optional<std::uint32_t> limit_;
  Admin admin_{
      {.execute = [this](const ng::Request& request, const Admin::Done& done) { done(execute(request)); },
       .metrics = [](const std::function<void(std::string)>& done) { done("x 1\n"); },
       .draining = [this] { return draining_; }}};
};

TEST_F(AdminTest, HealthIsBadOnceTheEndHasBegun) {
  EXPECT_EQ(ask("GET", "/healthz").status, 200U);
  draining_ = true;
  EXPECT_EQ(ask("GET", "/healthz").status, 503U);
}

TEST_F(AdminTest, MetricsSayTheirFormat) {
  const auto response = ask("GET", "/metrics?x=y");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.body, "x 1\n");
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
}

TEST_F(AdminTest, CallsAreListedAsTheControllerDoes) {
  EXPECT_EQ(json("GET", "/v1/calls", 200),
            "{\"result\":\"ok\",\"calls\":[\"a\",\"b\"],\"details\":[{\"result\":\"ok\",\"call-id\":\"a\"}]}"
            "\n");  // b has gone
  EXPECT_FALSE(limit_);
  json("GET", "/v1/calls?x=1&limit=7", 200);
  EXPECT_EQ(limit_, 7U);
  json("GET", "/v1/calls?limit=many", 400);
}

TEST_F(AdminTest, ACallIsShownAndEndedByItsPercentEncodedId) {
  EXPECT_EQ(json("GET", "/v1/calls/x%2fy%20z", 200), "{\"result\":\"ok\",\"call-id\":\"x/y z\"}\n");
  EXPECT_EQ(command_, ng::Command::query);
  json("DELETE", "/v1/calls/a", 200);
  EXPECT_EQ(command_, ng::Command::delete_call);
  EXPECT_EQ(call_id_, "a");
}

TEST_F(AdminTest, WhatIsNotThereIs404) {
  EXPECT_EQ(json("GET", "/v1/calls/nobody", 404), "{\"error\":\"Unknown call-id\"}\n");
  EXPECT_EQ(json("DELETE", "/v1/calls/nobody", 404), "{\"error\":\"Call-ID not found\"}\n");
  for (const auto* target : {"/", "/v1", "/v1/", "/v2/calls", "/metrics/x", "", "*"})
    json("GET", target, 404);
}

TEST_F(AdminTest, WhatIsNotPossibleIs405) {
  for (const auto* target : {"/healthz", "/metrics", "/v1/version", "/v1/calls"}) json("DELETE", target, 405);
  EXPECT_EQ(json("PUT", "/v1/calls/a", 405), "{\"error\":\"only GET or DELETE is possible here\"}\n");
}

TEST_F(AdminTest, MalformedIdsAre400) {
  for (const auto* target : {"/v1/calls/", "/v1/calls/%", "/v1/calls/%4", "/v1/calls/a%zz"})
    json("GET", target, 400);
}

TEST_F(AdminTest, SaysItsVersion) {
  EXPECT_EQ(json("GET", "/v1/version", 200), "{\"version\":\"" + std::string(version) + "\"}\n");
}

TEST(PercentDecode, TakesEveryOctet) {
  EXPECT_EQ(percent_decode("a%00%ff%25b"), std::string("a\0\xff%b", 5));
  EXPECT_EQ(percent_decode(""), "");
}

/// Of a gateway: no calls, but associations.
class AdminOfAGateway : public AdminTest {
 protected:
  AdminOfAGateway() {
    Admin::Actions actions;
    actions.metrics = [](const std::function<void(std::string)>& done) { done("x 1\n"); };
    actions.draining = [] { return false; };
    actions.associations = [] {
      ng::Dictionary out;
      out.set("associations", ng::List{});
      return out;
    };
    actions.trace = [this](const std::string& name, bool on) {
      traced_ = name + (on ? " on" : " off");
      return name == "[::1]:2944";
    };
    admin_ = Admin(std::move(actions));
  }
  std::string traced_;
};

TEST_F(AdminOfAGateway, HasAssociationsAndNoCalls) {
  EXPECT_EQ(json("GET", "/v1/associations", 200), "{\"associations\":[]}\n");
  json("GET", "/v1/calls", 404);
  json("DELETE", "/v1/calls/a", 404);
  json("DELETE", "/v1/associations", 405);
  json("GET", "/v1/associationsx", 404);
  json("GET", "/v1/associations/x", 404);
}

TEST_F(AdminOfAGateway, SwitchesTraces) {
  EXPECT_EQ(json("POST", "/v1/associations/%5B::1%5D:2944/trace/on", 200), "{\"trace\":\"on\"}\n");
  EXPECT_EQ(traced_, "[::1]:2944 on");
  EXPECT_EQ(json("POST", "/v1/associations/%5B::1%5D:2944/trace/off", 200), "{\"trace\":\"off\"}\n");
  EXPECT_EQ(traced_, "[::1]:2944 off");
  json("POST", "/v1/associations/gw/trace/on", 404);
  json("GET", "/v1/associations/gw/trace/on", 405);
  json("POST", "/v1/associations/%/trace/on", 400);
  json("POST", "/v1/associations//trace/on", 400);
  json("POST", "/v1/associations/trace/on", 400);
}

TEST_F(AdminTest, WithoutH248ThereAreNoAssociations) {
  json("GET", "/v1/associations", 404);
  json("POST", "/v1/associations/x/trace/on", 404);
}

}  // namespace
}  // namespace app
