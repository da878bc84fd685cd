#include "app/reload.hpp"

#include <gtest/gtest.h>

namespace app {
namespace {

TEST(Reload, TakesWhatMayChangeAtRunTime) {
  auto fresh = Config{};
  fresh.log.level = base::LogLevel::debug;
  fresh.ng.allow = {"192.0.2.0/24"};
  fresh.controller.events = "http://127.0.0.1/";
  fresh.controller.cdr = "";
  fresh.controller.h248.allow = {"192.0.2.0/24"};
  fresh.controller.h248.trace = true;
  fresh.gateway.h248.allow = {"192.0.2.0/24"};
  fresh.gateway.h248.trace = true;
  fresh.realms[0].e2ae = controller::E2ae::required;
  fresh.realms[1].source_filter = SourceFilter::none;
  fresh.realms[1].path_scheme = controller::PathScheme::leg;
  fresh.realms[1].tls.cert = "c.pem";
  fresh.realms[1].tls.key = "k.pem";
  const auto plan = plan_reload(Config{}, fresh);
  EXPECT_EQ(plan.config, fresh);
  EXPECT_EQ(plan.applied,
            (std::vector<std::string>{"controller.cdr", "controller.events", "controller.h248.allow",
                                      "controller.h248.trace", "gateway.h248.allow", "gateway.h248.trace",
                                      "log.level", "ng.allow", "realm[0].e2ae", "realm[1].path_scheme",
                                      "realm[1].source_filter", "realm[1].tls.cert", "realm[1].tls.key"}));
  EXPECT_TRUE(plan.deferred.empty());
}

TEST(Reload, NamesWhatNeedsARestartAndKeepsIt) {
  auto fresh = Config{};
  fresh.admin.listen = "";
  fresh.timers.connect = Span{1};
  fresh.realms[0].tls.require_fingerprint = false;
  fresh.realms[0].port = 2855;
  fresh.gateway.h248.mgc = {"udp:192.0.2.1"};
  fresh.h248.packages = {{"seplink", "-"}};
  fresh.realms[0].max_chunk = 2048;
  fresh.realms[1].max_message = 1;
  fresh.realms[1].accept_types = {"*"};
  fresh.realms[1].message_rate = 1;
  fresh.realms[1].octet_rate = 1;
  const auto plan = plan_reload(Config{}, fresh);
  EXPECT_EQ(plan.config, Config{});
  EXPECT_TRUE(plan.applied.empty());
  EXPECT_EQ(plan.deferred, (std::vector<std::string>{"admin.listen", "gateway.h248.mgc", "realm[0].max_chunk",
                                                     "realm[0].port", "realm[0].tls.require_fingerprint",
                                                     "realm[1].accept_types", "realm[1].max_message",
                                                     "realm[1].message_rate", "realm[1].octet_rate",
                                                     "timers.connect", "h248.packages.\"seplink\""}));
}

TEST(Reload, FollowsRealmsByTheirNames) {
  auto fresh = Config{};
  std::swap(fresh.realms[0], fresh.realms[1]);
  fresh.realms[0].e2ae = controller::E2ae::preferred;  // of "core"
  const auto plan = plan_reload(Config{}, fresh);
  EXPECT_EQ(plan.config.realms[1].name, "core");
  EXPECT_EQ(plan.config.realms[1].e2ae, controller::E2ae::preferred);
  EXPECT_EQ(plan.config.realms[0].e2ae, controller::E2ae::preferred);
  EXPECT_EQ(plan.applied, std::vector<std::string>{"realm[1].e2ae"});
  EXPECT_FALSE(plan.deferred.empty());  // their order says which one is the default
}

TEST(Reload, ARealmThatCameOrWentNeedsARestart) {
  auto fresh = Config{};
  fresh.realms.pop_back();
  const auto plan = plan_reload(Config{}, fresh);
  EXPECT_EQ(plan.config, Config{});
  EXPECT_NE(std::find(plan.deferred.begin(), plan.deferred.end(), "realm[1].name"), plan.deferred.end());
  const auto back = plan_reload(fresh, Config{});
  EXPECT_EQ(back.config, fresh);
  EXPECT_NE(std::find(back.deferred.begin(), back.deferred.end(), "realm[1].name"), back.deferred.end());
}

}  // namespace
}  // namespace app
