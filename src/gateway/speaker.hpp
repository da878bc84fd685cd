#pragma once
#include "gateway/connection.hpp"

namespace gateway {

/// What a connection has more where the gateway speaks MSRP over it.
struct Connection::Speaker final : Wire {
  /// Octets that are collected before they are sent: with what one piece of a body adds, the wire takes them.
  static constexpr std::size_t most_staged = std::size_t{128} * 1024;

  Speaker(Connection& of, Router& router, bool mints)
      : connection(of),
        timer(of.worker_.reactor.timers(), [this] { connection.again(); }),
        link(*this, router, of.worker_.random, mints) {}

  void write(std::initializer_list<std::string_view> pieces) override { connection.stage(pieces); }
  bool blocked() override {
    if (connection.worker_.staged_for == &connection && connection.worker_.staged.copied() >= most_staged)
      connection.flush_link();
    waited = connection.blocked() || connection.dead_ || connection.broken_;
    return waited;
  }
  void again() override { connection.again(); }
  void again_in(base::Duration after) override {
    const auto at = now() + after;
    if (!timer.is_set() || timer.deadline() > at) timer.set(at);
  }
  base::Time now() const override { return connection.worker_.reactor.now(); }

  Connection& connection;
  net::Timer timer;
  bool waited = false;  // somebody has been told to wait for room
  Link link;
};

}  // namespace gateway
