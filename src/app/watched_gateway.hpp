#pragma once
#include <functional>
#include <utility>

#include "iq/media_gateway.hpp"

namespace app {

/// Passes everything on to a gateway. Calls `before` ahead of what it tells on its own: the controller has no
/// clock and must hear what time it is. Calls `after` behind whatever came from it: the controller has heard
/// something, so its deadline may be another one now.
class WatchedGateway final : public iq::MediaGateway {
 public:
  WatchedGateway(iq::MediaGateway& gateway, std::function<void()> before, std::function<void()> after)
      : gateway_(gateway), before_(std::move(before)), after_(std::move(after)) {}

  void execute(iq::Request request, Done done) override {
    gateway_.execute(std::move(request),
                     [this, done = std::move(done)](base::Result<iq::Reply, iq::Error> reply) {
                       done(std::move(reply));
                       after_();
                     });
  }
  void set_listener(Listener listener) override {
    gateway_.set_listener([this, listener = std::move(listener)](const iq::Notification& notification) {
      before_();
      listener(notification);
      after_();
    });
  }

 private:
  iq::MediaGateway& gateway_;
  std::function<void()> before_;
  std::function<void()> after_;
};

}  // namespace app
