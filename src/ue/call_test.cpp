#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "proto/ng/json.hpp"
#include "tests/support/ng_server.hpp"
#include "tests/support/ue_party.hpp"
#include "ue/callee.hpp"
#include "ue/caller.hpp"

namespace ue {
namespace {

/// What one command wrote to its stdout with --json.
class Ear {
 public:
  ~Ear() {
    std::fclose(out);
    std::fclose(err);
  }
  /// The first event of that name, if there was one.
  std::optional<ng::Dictionary> event(std::string_view name) const {
    std::string all(static_cast<std::size_t>(std::ftell(out)), '\0');
    std::rewind(out);
    EXPECT_EQ(std::fread(all.data(), 1, all.size(), out), all.size());
    std::string_view text(all);
    while (!text.empty()) {
      const auto line = ng::parse_json(base::take_until(text, '\n'));
      EXPECT_TRUE(line) << all;
      if (line && line->dictionary()->text("event") == name) return *line->dictionary();
    }
    return std::nullopt;
  }
  std::FILE* out = std::tmpfile();
  std::FILE* err = std::tmpfile();
};

/// A caller and a callee as the commands make them, with HTTP between them, on one reactor.
class CallTest : public ::testing::Test {
 protected:
  CallTest() {
    std::string name = ::testing::TempDir() + "/ue-call-XXXXXX";
    folder = ::mkdtemp(name.data());
    theirs.command = Command::receive;
    theirs.out = folder;
    theirs.json = ours.json = true;
    ours.command = Command::send;
  }
  ~CallTest() override {
    signalling.reset();
    caller.reset();
    callee.reset();
    std::filesystem::remove_all(folder);
  }

  /// Runs the call to its end on both sides.
  void run() {
    callee.emplace(Tools{reactor, random, &bob.context, bob.identity.fingerprint(), their_output, theirs},
                   [this](int code) { their_code = code; });
    Signalling::Handlers handlers;
    handlers.on_offer = [this](const std::string& sdp, const Signalling::Respond& respond) {
      callee->on_offer(edit_offer ? edit_offer(sdp) : sdp, respond);
    };
    handlers.on_bye = [this](const std::string& call) { return callee->on_bye(call); };
    signalling = std::make_unique<Signalling>(reactor, std::move(handlers));
    ours.to = "http://" + signalling->listen("127.0.0.1:0")->to_string();
    signalling->start();
    if (ng_server) {
      ng.emplace(reactor, random, ng_server->address());
      ASSERT_FALSE(ng->open());
    }
    caller.emplace(Tools{reactor, random, &alice.context, alice.identity.fingerprint(), our_output, ours},
                   *signalling, ng ? &*ng : nullptr, [this](int code) { our_code = code; });
    caller->start();
    ASSERT_TRUE(test::run_until(reactor, [&] { return our_code.has_value(); }));
  }
  bool they_end() {
    return test::run_until(reactor, [&] { return their_code.has_value(); });
  }
  std::string make_file(std::size_t size) {
    std::ofstream(folder + "/in.bin", std::ios::binary) << std::string(size, 'f');
    return folder + "/in.bin";
  }

  net::Reactor reactor;
  test::SeededRandom random;
  test::Certificate alice{"alice"}, bob{"bob"};
  std::string folder;
  Arguments ours, theirs;
  Ear us, them;
  Output our_output{true, us.out, us.err}, their_output{true, them.out, them.err};
  std::function<std::string(std::string)> edit_offer;
  std::unique_ptr<test::NgServer> ng_server;
  std::optional<int> our_code, their_code;
  std::optional<NgClient> ng;
  std::optional<Caller> caller;
  std::optional<Callee> callee;
  std::unique_ptr<Signalling> signalling;
};

TEST_F(CallTest, a_file_arrives_under_its_name_and_its_hash_is_checked) {
  ours.tls = true;
  ours.file = make_file(1'000'000);
  run();
  ASSERT_TRUE(they_end());
  EXPECT_EQ(*our_code, 0);
  EXPECT_EQ(*their_code, 0);
  const auto message = them.event("message");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->text("file"), folder + "/in.bin (2)");
  EXPECT_EQ(std::filesystem::file_size(folder + "/in.bin (2)"), 1'000'000U);
  EXPECT_EQ(us.event("delivered")->text("sha256"), message->text("sha256"));
  const auto summary = us.event("summary");
  EXPECT_EQ(summary->text("tls-version"), "TLSv1.3");
  EXPECT_EQ(summary->text("peer-fingerprint"), base::to_string(bob.identity.fingerprint()));
}

TEST_F(CallTest, an_empty_file_arrives) {
  ours.file = make_file(0);
  run();
  ASSERT_TRUE(they_end());
  EXPECT_EQ(*our_code + *their_code, 0);
  EXPECT_TRUE(std::filesystem::is_empty(folder + "/in.bin (2)"));
}

TEST_F(CallTest, a_text_is_told_and_makes_no_file) {
  ours.text = "hello \"world\"";
  run();
  ASSERT_TRUE(they_end());
  EXPECT_EQ(*our_code + *their_code, 0);
  EXPECT_EQ(them.event("message")->text("text"), "hello \"world\"");
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(CallTest, a_file_with_another_hash_than_announced_is_not_kept_and_fails_on_the_receiving_side) {
  ours.file = make_file(1000);
  edit_offer = [](std::string sdp) {
    const auto at = sdp.find("hash:sha-256:") + 13;
    return sdp.replace(at, 5, sdp.substr(at, 5) == "00:00" ? "11:11" : "00:00");
  };
  run();
  ASSERT_TRUE(they_end());
  EXPECT_EQ(*their_code, 1);
  EXPECT_NE(them.event("error")->text("text").find("SHA-256"), std::string_view::npos);
  EXPECT_FALSE(std::filesystem::exists(folder + "/in.bin (2)"));
}

TEST_F(CallTest, a_file_that_is_too_large_is_not_sent) {
  ours.file = make_file(1000);
  theirs.max_size = 999;
  run();
  EXPECT_EQ(*our_code, 1);
  EXPECT_NE(us.event("error")->text("text").find("999 octets at most"), std::string_view::npos);
}

TEST_F(CallTest, a_refused_offer_says_why_and_the_callee_goes_on_waiting) {
  theirs.tls = true;
  ours.text = "in clear";
  run();
  EXPECT_EQ(*our_code, 1);
  EXPECT_NE(us.event("error")->text("text").find("488: TCP/MSRP was offered"), std::string_view::npos)
      << us.event("error")->text("text");
  EXPECT_FALSE(their_code);
}

TEST_F(CallTest, a_file_that_is_not_there_is_an_error_and_nobody_is_called) {
  ours.file = folder + "/none";
  run();
  EXPECT_EQ(*our_code, 1);
  EXPECT_FALSE(them.event("offered"));
}

TEST_F(CallTest, the_caller_plays_the_proxys_part_towards_ng) {
  ng_server = std::make_unique<test::NgServer>(reactor);
  ng_server->reply = [](const ng::Dictionary& request) {
    ng::Dictionary out;
    out.set("result", "ok");
    out.set("sdp", request.text("sdp"));
    if (request.text("command") == "query") out.set("mode", "agnostic");
    return out;
  };
  ours.text = "hello";
  ours.direction = {"access", "core"};
  ours.flags = {"msrp-e2ae", "msrp-peer=cema"};
  run();
  EXPECT_EQ(*our_code, 0);
  std::vector<std::string> commands;
  for (const auto& request : ng_server->requests) commands.emplace_back(request.text("command"));
  EXPECT_EQ(commands, (std::vector<std::string>{"offer", "answer", "query", "delete"}));
  const auto& offer = ng_server->requests.front();
  EXPECT_EQ(offer.text("msrp-peer"), "cema");
  EXPECT_EQ(*offer.find("flags"), ng::Value(ng::List{"msrp-e2ae"}));
  EXPECT_EQ(*offer.find("direction"), ng::Value(ng::List{"access", "core"}));
  for (const auto& request : ng_server->requests) EXPECT_EQ(request.text("call-id"), offer.text("call-id"));
  EXPECT_EQ(us.event("summary")->find("gateway")->dictionary()->text("mode"), "agnostic");
}

TEST_F(CallTest, what_ng_refuses_is_told_and_nobody_is_called) {
  ng_server = std::make_unique<test::NgServer>(reactor);
  ng_server->reply = [](const ng::Dictionary&) {
    ng::Dictionary out;
    out.set("result", "error");
    out.set("error-reason", "Ran out of ports");
    return out;
  };
  ours.text = "hello";
  run();
  EXPECT_EQ(*our_code, 1);
  EXPECT_EQ(us.event("error")->text("text"), "NG offer: Ran out of ports");
  EXPECT_FALSE(them.event("offered"));
  EXPECT_EQ(ng_server->requests.size(), 1U);  // nothing to delete
}

TEST_F(CallTest, a_signal_ends_the_call_on_both_sides) {
  ours.command = Command::chat;
  ours.wait_reply = 1;  // stdin of a test may be at its end
  theirs.command = Command::listen;
  callee.emplace(Tools{reactor, random, &bob.context, bob.identity.fingerprint(), their_output, theirs},
                 [this](int code) { their_code = code; });
  Signalling::Handlers handlers;
  handlers.on_offer = [this](const std::string& sdp, const Signalling::Respond& respond) {
    callee->on_offer(sdp, respond);
  };
  handlers.on_bye = [this](const std::string& call) { return callee->on_bye(call); };
  signalling = std::make_unique<Signalling>(reactor, std::move(handlers));
  ours.to = "http://" + signalling->listen("127.0.0.1:0")->to_string();
  signalling->start();
  caller.emplace(Tools{reactor, random, nullptr, {}, our_output, ours}, *signalling, nullptr,
                 [this](int code) { our_code = code; });
  caller->start();
  ASSERT_TRUE(test::run_until(reactor, [&] { return them.event("connected").has_value(); }));
  caller->interrupt();
  ASSERT_TRUE(test::run_until(reactor, [&] { return our_code && their_code; }));
  EXPECT_EQ(*our_code, 1);
  EXPECT_EQ(*their_code, 0);  // nothing of theirs was lost
}

}  // namespace
}  // namespace ue
