// Commands as a proxy could send them, in any order and with any SDP: the controller answers each, keeps what
// the gateway keeps, and gives everything back.
#include <array>
#include <cstdlib>
#include <fuzzer/FuzzedDataProvider.h>

#include "tests/support/controller_room.hpp"

namespace {

constexpr std::array lines = {
    "v=0",
    "s=-",
    "c=IN IP4 192.0.2.1",
    "c=IN IP6 2001:db8::1",
    "c=IN IP4 0.0.0.0",
    "c=IN IP4 host.example.com",
    "m=message 49170 TCP/TLS/MSRP *",
    "m=message 49170 TCP/MSRP *",
    "m=message 0 TCP/MSRP *",
    "m=message 9 TCP/TLS/MSRP *",
    "m=audio 30000 RTP/AVP 0",
    "a=path:msrps://192.0.2.1:49170/kjh3uyGT5d8sQz0p;tcp",
    "a=path:msrp://relay.example.com:2855/r;tcp msrp://ue.invalid:49170/kjh3uyGT5d8sQz0p;tcp",
    "a=path:",
    "a=path:msrp://192.0.2.1:49170/anotherSession;tcp",
    "a=accept-types:message/cpim text/plain",
    "a=accept-types:*",
    "a=max-size:1000000",
    "a=setup:actpass",
    "a=setup:active",
    "a=setup:passive",
    "a=setup:holdconn",
    "a=msrp-cema",
    "a=3ge2ae:requested",
    "a=key-mgmt:mikey AAAA",
    "a=tls-id:abcdefghij0123456789",
    "a=connection:new",
    "a=fingerprint:sha-256 "
    "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F",
    "a=fingerprint:md5 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F",
    "a=fingerprint:sha-256 junk"};

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : bytes_(data, size) {}
  bool more() { return bytes_.remaining_bytes() > 0; }
  bool flip() { return bytes_.ConsumeBool(); }
  unsigned below(unsigned n) { return bytes_.ConsumeIntegralInRange(0U, n - 1); }
  template <std::size_t n>
  std::string one_of(const std::array<const char*, n>& from) {
    return bytes_.PickValueInArray(from);
  }

  std::string sdp() {
    if (below(8) == 0) return bytes_.ConsumeRandomLengthString(400);
    std::string out = "v=0\r\n";
    for (auto n = below(16); n > 0; --n) out += one_of(lines) + (below(8) == 0 ? "\n" : "\r\n");
    return out;
  }
  ng::Request request() {
    using enum ng::Command;
    ng::Request out;
    out.command = bytes_.PickValueInArray({offer, answer, offer, answer, delete_call, query, list});
    out.call_id = flip() ? "a" : "b";
    constexpr std::array tags = {"alice", "bob", "carol", ""};
    out.from_tag = one_of(tags);
    out.to_tag = one_of(tags);
    if (flip()) out.via_branch = flip() ? "b1" : "b2";
    if (flip()) out.direction = flip() ? ng::Direction{"access", "core"} : ng::Direction{"core", "access"};
    if (flip()) out.flags = {"msrp-e2ae"};
    if (flip())
      out.msrp_tls = bytes_.PickValueInArray({ng::MsrpTls::tls, ng::MsrpTls::tcp, ng::MsrpTls::passthru});
    if (flip())
      out.msrp_peer =
          bytes_.PickValueInArray({ng::MsrpPeer::cema, ng::MsrpPeer::sessmatch, ng::MsrpPeer::plain});
    if (flip()) out.msrp_setup = bytes_.PickValueInArray({ng::MsrpSetup::active, ng::MsrpSetup::passive});
    if (flip())
      out.msrp_mode =
          bytes_.PickValueInArray({ng::MsrpMode::automatic, ng::MsrpMode::agnostic, ng::MsrpMode::aware});
    if (flip()) out.received_from = base::IpAddress::parse("198.51.100.7");
    if (out.command == offer || out.command == answer) out.sdp = sdp();
    return out;
  }
  void disturb(test::ControllerRoom& room) {
    auto& gateway = room.gateway;
    switch (below(8)) {
      case 0:
        gateway.answers_later = !gateway.answers_later;
        break;
      case 1:
        if (!gateway.replies.empty()) gateway.answer_one();
        break;
      case 2:
        gateway.errors.push_back({iq::Errc::out_of_ports, "none"});
        break;
      case 3:
        if (!gateway.contexts.empty()) gateway.tell(flip() ? iq::Event::released : iq::Event::refused);
        break;
      case 4:
        room.pass(std::chrono::seconds(below(90)));
        break;
      default:
        break;
    }
  }

 private:
  FuzzedDataProvider bytes_;
};

void demand(bool good) {
  if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  auto options = test::ControllerRoom::two_realms();
  options.max_branches = 4;
  options.realms[1].accept_types = {"message/*", "text/plain"};
  options.realms[1].max_message = 100'000;
  options.resolve = [](const std::string& host, const auto& done) {
    done(host.starts_with("host") ? std::vector{*base::IpAddress::parse("192.0.2.7")}
                                  : std::vector<base::IpAddress>());
  };
  test::ControllerRoom room(options);
  std::size_t asked = 0, answered = 0;
  while (input.more() && asked < 100) {
    input.disturb(room);
    ++asked;
    room.controller->execute(input.request(), room.now, [&](const ng::Value&) { ++answered; });
  }
  room.gateway.errors.clear();
  room.gateway.answers_later = false;
  room.gateway.answer_all();
  demand(answered == asked);
  demand(room.gateway.fault.empty());
  // What failed to be released is the gateway's own; of the rest nothing may be left.
  room.controller->release_all(room.now, [] {});
  demand(room.controller->gauges().calls == 0 && room.controller->gauges().sessions.empty());
  demand(room.controller->deadline() == base::never);
  return 0;
}
