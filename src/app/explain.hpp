#pragma once
#include <cstdio>
#include <string>
#include <vector>

#include "app/config.hpp"
#include "base/result.hpp"
#include "proto/ng/value.hpp"

namespace app {

/// What would become of an offer, and of its answer, under this configuration: no call is made.
struct Question {
  Config config;
  std::string offer, answer;       // SDP; no answer: the offer alone
  std::string from, to;            // realms; empty: the first one, and the second or else the first
  std::vector<std::string> flags;  // as of NG: "msrp-e2ae", "msrp-tls=tcp"
  std::string received_from;       // where the proxy would see the offer come from; empty: nothing is said
};

/// {"offer": the reply of NG, "answer": likewise, "call": as query tells it, "served": 1 or 0, "mode", "why":
/// of the last step}. The error is a sentence that names what cannot be understood.
base::Result<ng::Dictionary, std::string> explain(const Question& question);

/// The same for people.
std::string explain_text(const ng::Dictionary& explained);

}  // namespace app
