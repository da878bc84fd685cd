#pragma once
#include <string>

#include <gtest/gtest.h>

#include "tests/support/gateway_rig.hpp"

namespace test {

/// Application-aware sessions of two peers, alice at the realm "access" and bob at "core".
struct AwareRig : ::testing::Test, GatewayRig {
  /// What a controller says of a peer with that path.
  static iq::TerminationConfig aware(const std::string& remote_path) {
    auto out = anybody();
    out.transport = iq::Transport::tcp_msrp;
    out.remote_path = {remote_path};
    return out;
  }
  static iq::TerminationConfig aware_tls(const std::string& remote_path,
                                         std::vector<base::Fingerprint> peers) {
    auto out = aware(remote_path);
    out.transport = iq::Transport::tcp_tls_msrp;
    out.remote_fingerprints = std::move(peers);
    return out;
  }
  /// The transport is known, and nothing else: the answer is late.
  static iq::TerminationConfig unanswered(iq::Transport transport = iq::Transport::tcp_msrp) {
    iq::TerminationConfig out;
    out.transport = transport;
    return out;
  }
  Call reserve_aware(const std::string& name, iq::TerminationConfig a, iq::TerminationConfig b) {
    auto reply = execute({{},
                          {iq::Reserve{"access", std::move(a), name + "-of-a"},
                           iq::Reserve{"core", std::move(b), name + "-of-b"}}});
    if (!reply) throw std::runtime_error(reply.error().text);
    return {reply->context, reply->reserved.at(0), reply->reserved.at(1)};
  }
  Call reserve_aware(const std::string& name = "session") {
    return reserve_aware(name, aware(alice), aware(bob));
  }
  /// With bob connected and bound.
  Call reserve_with_bob(const std::string& name, iq::TerminationConfig a, MediaPeer*& b) {
    const auto call = reserve_aware(name, std::move(a), aware(bob));
    b = &connect(call.b.local);
    b->say(bare("bind", call.b.path, bob));
    return call;
  }
  bool is_connected(const Call& call, std::size_t which) {
    return eventually([&] { return audit(call.context).at(which).state == iq::TerminationState::connected; });
  }
  bool hears_of(const MediaPeer& peer, const std::string& part) {
    return until([&] { return peer.heard().find(part) != std::string::npos; });
  }
  /// Of the first session that was released.
  std::string reason() {
    await(iq::Event::released);
    for (const auto& each : events)
      if (each.event == iq::Event::released) return each.reason;
    return {};
  }

  /// A SEND of one chunk.
  static std::string send(const std::string& id, const std::string& to, const std::string& from,
                          const std::string& body, char flag = '$') {
    return begin(id, to, from, body.size()) + body + "\r\n-------" + id + flag + "\r\n";
  }
  /// Its head, and the empty line.
  static std::string begin(const std::string& id, const std::string& to, const std::string& from,
                           std::size_t size) {
    return "MSRP " + id + " SEND\r\nTo-Path: " + to + "\r\nFrom-Path: " + from + "\r\nMessage-ID: m" + id +
           "\r\nByte-Range: 1-" + std::to_string(size) + "/" + std::to_string(size) +
           "\r\nContent-Type: text/plain\r\n\r\n";
  }
  static std::string bare(const std::string& id, const std::string& to, const std::string& from) {
    return "MSRP " + id + " SEND\r\nTo-Path: " + to + "\r\nFrom-Path: " + from + "\r\nMessage-ID: m" + id +
           "\r\n-------" + id + "$\r\n";
  }
  static std::string answer(const std::string& id, const std::string& status, const std::string& to,
                            const std::string& from) {
    return "MSRP " + id + " " + status + "\r\nTo-Path: " + to + "\r\nFrom-Path: " + from + "\r\n-------" +
           id + "$\r\n";
  }
  static std::string no_session(const std::string& id, const std::string& to, const std::string& from) {
    return answer(id, "481 Session Does Not Exist", from, to);
  }

  const std::string alice = "msrp://alice.example:7777/iau39soe2843z;tcp";
  const std::string bob = "msrp://bob.example:8888/9di4eae923wzd;tcp";
};

/// The access realm has a shared port; bob has a port of his own at the core.
struct SharedPortRig : AwareRig {
  MediaPeer* b = nullptr;

  SharedPortRig() { options.realms[0].shared_port = free_ports(1).first; }
  base::Address address() const { return {options.realms[0].address, options.realms[0].shared_port}; }
  /// Strays and idle connections are not waited for.
  void hurry() { options.times.candidate = std::chrono::milliseconds(30); }
  std::uint64_t refused() { return totals().realms[0].refused_connections; }
  std::uint64_t unmatched() { return totals().realms[0].unmatched; }
  /// Alice's connection, bound to a session with bob.
  MediaPeer& establish(const Call& call) {
    auto& a = connect(address());
    a.say(bare("hello", call.a.path, alice));
    EXPECT_TRUE(hears_of(*b, "MSRP hello SEND"));
    return a;
  }
};

}  // namespace test
