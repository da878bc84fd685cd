#include "app/associations.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

#include "app/log.hpp"
#include "proto/ng/json.hpp"

namespace app {
namespace {

iq::AssociationStatus association(std::string peer, std::string route, std::uint64_t sent = 0) {
  iq::AssociationStatus out;
  out.peer = std::move(peer);
  out.route = std::move(route);
  out.role = "mg";
  out.counters.sent = sent;
  return out;
}

TEST(AssociationTotals, NeverFall) {
  AssociationTotals totals;
  const auto sent = [&](std::vector<iq::AssociationStatus> now) { return totals.update(now).sent; };
  EXPECT_EQ(sent({}), 0U);
  EXPECT_EQ(sent({association("a", "", 5), association("b", "", 7)}), 12U);
  EXPECT_EQ(sent({association("a", "", 6), association("b", "", 7)}), 13U);
  EXPECT_EQ(sent({association("b", "", 8)}), 14U);                           // a is gone
  EXPECT_EQ(sent({association("b", "", 1)}), 15U);                           // b began anew
  EXPECT_EQ(sent({association("a", "", 1), association("b", "", 2)}), 17U);  // and a is there again
  EXPECT_EQ(sent({}), 17U);
}

/// A pipe that is there before the log that writes into it.
struct Pipe {
  Pipe() { EXPECT_EQ(::pipe(ends), 0); }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  int ends[2]{};
};

class Trace : public testing::Test {
 protected:
  std::string message(const h248::Route& route, std::string_view text, bool out = false) {
    log_.info("begin", {});
    trace_.on_message(out, route, text, associations_);
    char buffer[32768];
    const auto n = ::read(pipe_.ends[0], buffer, sizeof buffer);
    const std::string all(buffer, static_cast<std::size_t>(n));
    return all.substr(all.find('\n') + 1);
  }
  Pipe pipe_;
  LineLog log_{pipe_.ends[1]};
  H248Trace trace_{log_};
  const h248::Route one_{h248::Carrier::udp, *base::Address::parse("192.0.2.1:2944")};
  const h248::Route two_{h248::Carrier::tcp, *base::Address::parse("[2001:db8::1]:5"), 1, 2};
  std::vector<iq::AssociationStatus> associations_ = {association("gw1", "udp:192.0.2.1:2944"),
                                                      association("gw2", "tcp:[2001:db8::1]:5")};
};

TEST_F(Trace, IsOfOneAssociationOrOfAll) {
  EXPECT_FALSE(trace_.active());
  EXPECT_EQ(message(one_, "a"), "");
  EXPECT_TRUE(trace_.set("tcp:[2001:db8::1]:5", true, associations_));
  EXPECT_TRUE(trace_.active());
  EXPECT_TRUE(trace_.is_on(associations_[1]));
  EXPECT_FALSE(trace_.is_on(associations_[0]));
  EXPECT_EQ(message(one_, "a"), "");
  EXPECT_NE(
      message(two_, "MEGACO/2 a\n\"b\"")
          .find(" event=h248 dir=in peer=tcp:[2001:db8::1]:5 part=1/1 message=\"MEGACO/2 a\\n\\\"b\\\"\"\n"),
      std::string::npos);
  associations_[1].route = "tcp:[2001:db8::1]:6";  // a new connection: the association is the same
  EXPECT_NE(message({two_.carrier, {two_.peer.ip, 6}}, "x", true).find(" dir=out "), std::string::npos);
  EXPECT_TRUE(trace_.set("gw2", false, associations_));
  EXPECT_FALSE(trace_.active());
  EXPECT_FALSE(trace_.set("gw3", true, associations_));
  EXPECT_FALSE(trace_.set("gw3", false, associations_));
  trace_.set_all(true);
  EXPECT_NE(message(one_, "a"), "");
}

TEST_F(Trace, OfAnAssociationThatIsGoneCanBeEnded) {
  EXPECT_TRUE(trace_.set("gw1", true, associations_));
  associations_.clear();
  EXPECT_TRUE(trace_.set("gw1", false, associations_));
  EXPECT_FALSE(trace_.active());
}

TEST_F(Trace, ALongMessageIsLoggedWholeInParts) {
  trace_.set_all(true);
  const auto text = message(one_, std::string(1000, 'a') + std::string(1000, 'b') + "c");
  EXPECT_NE(text.find(" part=1/3 message=" + std::string(1000, 'a') + "\n"), std::string::npos) << text;
  EXPECT_NE(text.find(" part=2/3 message=" + std::string(1000, 'b') + "\n"), std::string::npos);
  EXPECT_NE(text.find(" part=3/3 message=c\n"), std::string::npos);
  EXPECT_NE(message(one_, "").find(" part=1/1 message=\"\"\n"), std::string::npos);
}

TEST(Associations, AreJson) {
  struct End final : Associations {
    AssociationsMeasured measured() const override {
      AssociationsMeasured out;
      out.associations.push_back(association("[192.0.2.1]", "udp:192.0.2.1:2944", 3));
      return out;
    }
    H248Trace& trace() override { return trace_; }
    std::string addresses() const override { return ""; }
    LineLog log_{-1};
    H248Trace trace_{log_};
  } end;
  end.trace().set_all(true);
  std::string text;
  ng::print_json(associations_json(end), text);
  EXPECT_EQ(
      text,
      R"({"associations":[{"peer":"[192.0.2.1]","role":"mg","state":"","route":"udp:192.0.2.1:2944",)"
      R"("contexts":0,"version":0,"profile":"","form":"","trace":"on","last-error":"","counters":{"sent":3,)"
      R"("received":0,"requests-out":0,"requests-in":0,"retransmissions":0,"repeated":0,"pendings-out":0,)"
      R"("pendings-in":0,"timed-out":0,"malformed":0}}]})");
}

}  // namespace
}  // namespace app
