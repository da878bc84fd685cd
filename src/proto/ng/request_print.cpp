#include "base/text.hpp"
#include "proto/ng/request.hpp"
#include "proto/ng/request_names.hpp"

namespace ng {
namespace {

List list_of(const std::vector<std::string>& words) {
  return {words.begin(), words.end()};
}

void add(Dictionary& out, const char* key, const std::string& text) {
  if (!text.empty()) out.append(key, text);
}

template <class Enum, std::size_t n>
void add(Dictionary& out, const char* key, const std::optional<Enum>& value, const Names<Enum, n>& names) {
  if (value) out.append(key, name_in(names, *value));
}

void add_msrp(Dictionary& out, const Request& request) {
  add(out, "msrp-tls", request.msrp_tls, tls_names);
  add(out, "msrp-peer", request.msrp_peer, peer_names);
  add(out, "msrp-mode", request.msrp_mode, mode_names);
  add(out, "msrp-setup", request.msrp_setup, setup_names);
  const auto psk = request.msrp_psk.octets();
  add(out, "msrp-psk", base::to_hex({reinterpret_cast<const char*>(psk.data()), psk.size()}));
  add(out, "msrp-psk-identity", request.msrp_psk_identity);
}

}  // namespace

Dictionary print_request(const Request& request) {
  Dictionary out;
  out.append("command", name_of(request.command));
  add(out, "call-id", request.call_id);
  add(out, "from-tag", request.from_tag);
  add(out, "to-tag", request.to_tag);
  add(out, "via-branch", request.via_branch);
  add(out, "sdp", request.sdp);
  if (request.direction)
    out.append("direction", List{request.direction->sender, request.direction->recipient});
  if (!request.flags.empty()) out.append("flags", list_of(request.flags));
  if (!request.replace.empty()) out.append("replace", list_of(request.replace));
  if (const auto& ip = request.received_from)
    out.append("received-from", List{ip->is_v6() ? "IP6" : "IP4", ip->to_string()});
  if (request.limit) out.append("limit", *request.limit);
  add_msrp(out, request);
  return out;
}

}  // namespace ng
