#include "ue/tools.hpp"

namespace ue {
namespace {

/// Octets of a chat message: Inbox::Options::memory, said in a=max-size.
constexpr std::uint64_t chat_message = 1024 * 1024;

}  // namespace

Conversation::Options Tools::conversation() const {
  Conversation::Options out;
  auto& local = out.endpoint.local;
  local.address = arguments.address;
  local.tls = arguments.tls;
  local.e2ae = arguments.e2ae;
  local.peer = arguments.peer;
  local.setup = arguments.setup;
  local.fingerprints = {fingerprint};
  out.endpoint.establish = arguments.timeout;
  out.progress = arguments.progress;
  if (arguments.command == Command::receive) {
    out.folder = arguments.out;
    out.endpoint.max_message = arguments.max_size;
    if (arguments.max_size != 0) local.max_size = arguments.max_size;
  } else {
    local.accept_types = {"text/plain", std::string(composing_type)};
    local.max_size = out.endpoint.max_message = chat_message;
  }
  return out;
}

}  // namespace ue
