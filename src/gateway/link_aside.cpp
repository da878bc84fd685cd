// Messages that came before their session was open, over a connection that others use, too.
#include <algorithm>

#include "gateway/link.hpp"

namespace gateway {

bool Link::must_wait(const Leg& leg) const noexcept {
  return !leg.open || std::any_of(asides_.begin(), asides_.end(), [&](const Aside& aside) {
    return aside.leg == &leg && &aside != replayed_;
  });
}

/// Where nobody else is held up by it, or there is no room for it, it stays where it is.
std::size_t Link::set_aside(Leg& leg, const msrp::HeadView& head, std::string_view in) {
  if (!mints_) return stop();
  std::size_t size = head.size;
  if (head.flag == 0) {
    in_.body.begin(head.transaction_id);
    const auto body = in_.body.scan(in.substr(head.size));
    if (body.flag == 0) return in.size() < most_aside ? 0 : stop();
    size += body.consumed;
  }
  std::size_t held = size;
  for (const auto& aside : asides_) held += aside.octets.size();
  if (held > most_aside) return stop();
  auto place = std::find_if(asides_.begin(), asides_.end(),
                            [&](const Aside& aside) { return aside.leg == &leg && &aside != replayed_; });
  if (place == asides_.end()) place = asides_.insert(asides_.end(), Aside{&leg, {}});
  place->octets.append(in.substr(0, size));
  whose_ = nullptr;  // they count when they go
  return size;
}

/// One that need not wait any longer.
Link::Aside* Link::next_aside() noexcept {
  for (auto& aside : asides_)
    if (!aside.leg || aside.leg->open) return &aside;
  return nullptr;
}

/// In the order of their coming, and before anything else of that session.
void Link::replay() {
  while (hungry()) {
    if (!replayed_) replayed_ = in_body_ ? nullptr : next_aside();
    if (!replayed_) return;
    auto& octets = replayed_->octets;
    octets.consume(run(octets.view()));
    if (!octets.empty()) return;
    asides_.remove_if([this](const Aside& aside) { return &aside == replayed_; });
    replayed_ = nullptr;
  }
}

}  // namespace gateway
