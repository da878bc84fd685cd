#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "iq/media_gateway.hpp"

namespace iq {

/// Several gateways as one: a new context goes to the live gateway that has its realms and the fewest
/// contexts for its weight; a context stays where it began. Contexts get numbers of the pool's own.
class GatewayPool final : public MediaGateway {
 public:
  using Member = std::uint64_t;  // never the number of an earlier one

  GatewayPool();
  ~GatewayPool() override;

  struct Traits {
    std::string name;                 // for people
    std::vector<std::string> realms;  // that it serves; empty: any
    unsigned weight = 1;              // share of new contexts; 0: none
  };
  /// `gateway` stays until remove(). Takes its listener.
  Member add(MediaGateway& gateway, Traits traits);
  void set_traits(Member member, Traits traits);
  /// Whether it gets new contexts.
  void set_live(Member member, bool live);
  /// 0 to 100: how much fewer new contexts it shall get (it is congested, H.248.10).
  void set_reduction(Member member, unsigned percent);
  /// Likewise, but only as far as others can take them (it has told of an overload, H.248.11).
  void set_overload(Member member, unsigned percent);
  /// Its contexts must have been reported as released.
  void remove(Member member);
  std::size_t contexts(Member member) const;

  /// No member serves the realms of a new context: `unreachable`, with a text that says which realm.
  void execute(Request request, Done done) override;
  void set_listener(Listener listener) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iq
