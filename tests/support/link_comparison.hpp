#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/link_rig.hpp"
#include "tests/support/msrp_dice.hpp"

namespace test {

/// A session between two links and the reference, which hear the same; the links hear it in pieces. Side 0 is
/// Alice's.
class LinkComparison {
 public:
  explicit LinkComparison(base::Random& random)
      : dice(random), reference({rig.s.bob_seen, rig.s.alice}, {rig.s.alice_seen, rig.s.bob}) {}

  /// Some requests of one side, and answers to those of the other one so far.
  std::string stream(unsigned side) {
    const auto& local = side == 0 ? rig.s.bob_seen : rig.s.alice_seen;
    const auto& remote = side == 0 ? rig.s.alice : rig.s.bob;
    std::string out;
    for (auto n = dice.below(6); n > 0; --n) out += dice.request(local, remote).print();
    for (const auto& message : messages_of(out_of(side))) {
      if (message.is_response()) continue;
      if (dice.below(4) == 0) out += dice.request(local, remote).print();
      if (dice.below(5) > 0) out += dice.response(local, remote, message.id).print();
    }
    return out;
  }
  void hear(unsigned side, std::string_view wire) {
    reference.hear(side, wire);
    while (!wire.empty()) {
      const auto n = std::min(wire.size(), 1 + dice.below(dice.below(3) == 0 ? 5000 : 40));
      rig.hear(side == 0 ? rig.alice : rig.bob, wire.substr(0, n));
      wire.remove_prefix(n);
    }
  }
  const std::string& out_of(unsigned side) const { return (side == 0 ? rig.alice : rig.bob).wire.out; }
  bool agrees() const {
    return out_of(0) == reference.out(0) && out_of(1) == reference.out(1) && rig.alice.link->held() == 0 &&
           rig.bob.link->held() == 0;
  }

  LinkPair rig;
  MsrpDice dice;
  ReferenceRelay reference;
};

}  // namespace test
