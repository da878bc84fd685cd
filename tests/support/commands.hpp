#pragma once
// What a proxy says in a call of alice and bob.
#include <string>

#include "tests/support/controller_room.hpp"

namespace test {

inline ng::Request offer_of(std::string sdp, const std::string& via_branch = {}) {
  auto out = ControllerRoom::request(ng::Command::offer, std::move(sdp));
  out.via_branch = via_branch;
  return out;
}
/// Inside the dialog of alice and bob.
inline ng::Request reoffer_of(const std::string& from, std::string sdp) {
  auto out = offer_of(std::move(sdp));
  out.from_tag = from;
  out.to_tag = from == "alice" ? "bob" : "alice";
  if (from == "bob") out.direction = ng::Direction{"core", "access"};
  return out;
}
inline ng::Request answer_of(std::string sdp, const std::string& tag = "bob",
                             const std::string& via_branch = {}) {
  auto out = ControllerRoom::request(ng::Command::answer, std::move(sdp));
  out.to_tag = tag;
  out.via_branch = via_branch;
  return out;
}
inline ng::Request delete_of(const std::string& from, const std::string& to = {},
                             const std::string& via_branch = {}) {
  auto out = ControllerRoom::request(ng::Command::delete_call);
  out.from_tag = from;
  out.to_tag = to;
  out.via_branch = via_branch;
  return out;
}
/// The callee's answer that refuses the section (RFC 3264 6).
inline std::string refusal() {
  auto out = plain_chat();
  out.port = 0;
  return out.text();
}
/// To an offer of bob's.
inline ng::Request answer_from_alice(std::string sdp) {
  auto out = answer_of(std::move(sdp), "alice");
  out.from_tag = "bob";
  return out;
}
inline Chat active_ue() {
  auto out = e2ae_chat();
  out.setup = "active";
  return out;
}

}  // namespace test
