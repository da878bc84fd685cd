#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/identity.hpp"
#include "tests/support/random.hpp"
#include "ue/endpoint.hpp"

// For the tests of room ue: endpoints that face each other on one reactor.
namespace test {

/// Turns the reactor until `condition` holds; false after a time that nothing here takes.
inline bool run_until(net::Reactor& reactor, const std::function<bool()>& condition) {
  const auto limit = base::Clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (base::Clock::now() > limit) return false;
    reactor.run_once(std::chrono::milliseconds(100));
  }
  return true;
}

struct Certificate {
  explicit Certificate(const char* name)
      : identity(crypto::Identity::self_signed(name)), context(*crypto::TlsContext::make(identity, {})) {}
  crypto::Identity identity;
  crypto::TlsContext context;
};

/// An endpoint and what it told.
class Party final : public ue::Endpoint::Observer {
 public:
  Party(net::Reactor& reactor, base::Random& random, Certificate* certificate,
        ue::Endpoint::Options options) {
    options.local.tls = certificate != nullptr;
    options.local.address = base::IpAddress::v4({127, 0, 0, 1});
    if (certificate != nullptr) options.local.fingerprints = {certificate->identity.fingerprint()};
    endpoint = std::make_unique<ue::Endpoint>(
        reactor, random, certificate != nullptr ? &certificate->context : nullptr, std::move(options), *this);
  }

  template <class Event>
  std::size_t count() const {
    std::size_t n = 0;
    for (const auto& event : events) n += std::holds_alternative<Event>(event) ? 1U : 0U;
    return n;
  }
  template <class Event>
  const Event* last() const {
    for (auto i = events.rbegin(); i != events.rend(); ++i) {
      if (const auto* event = std::get_if<Event>(&*i)) return event;
    }
    return nullptr;
  }
  /// All content that came, in the order in which it came.
  std::string text() const {
    std::string out;
    for (const auto& event : events) {
      if (const auto* content = std::get_if<msrp::Content>(&event)) out += content->octets;
    }
    return out;
  }

  std::unique_ptr<ue::Endpoint> endpoint;
  std::deque<msrp::SessionEvent> events;
  std::vector<std::string> refused;
  std::string why;
  bool connected = false;
  bool ended = false;

 private:
  void on_connected(ue::Endpoint&) override { connected = true; }
  void on_event(ue::Endpoint&, const msrp::SessionEvent& event) override { events.push_back(event); }
  void on_refused(ue::Endpoint&, const std::string& reason) override { refused.push_back(reason); }
  void on_ended(ue::Endpoint&, const std::string& reason) override {
    EXPECT_FALSE(ended);
    ended = true;
    why = reason;
  }
};

}  // namespace test
