#include "app/dry_gateway.hpp"

namespace app {

void DryGateway::execute(iq::Request request, Done done) {
  iq::Reply reply;
  reply.context = request.context ? request.context : iq::ContextId{terminations_.size() + 1};
  auto& last = terminations_[reply.context];
  for (const auto& procedure : request.procedures) {
    const auto* wanted = std::get_if<iq::Reserve>(&procedure);
    if (wanted == nullptr) continue;
    reply.reserved.push_back(reserve(*wanted, iq::TerminationId{++last}));
  }
  done(std::move(reply));
}

iq::Reserved DryGateway::reserve(const iq::Reserve& reserve, iq::TerminationId id) {
  auto& realm = realms_.at(reserve.realm);
  return {id,
          base::Address{realm.address, realm.port++},
          realm.advertise.empty() ? realm.address.to_string() : realm.advertise,
          {realm.fingerprint}};
}

}  // namespace app
