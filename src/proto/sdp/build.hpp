#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/sdp/file.hpp"
#include "proto/sdp/media.hpp"
#include "proto/sdp/msrp_attributes.hpp"

namespace sdp {

// Fresh documents, for a user agent: make_document, then one append_ for each media section.

/// An MSRP section to be offered or answered. What is empty or absent makes no line.
struct MsrpMedia {
  std::uint16_t port = 0;  // 9 with setup:active (RFC 6135 4.2.2)
  bool tls = false;
  Direction direction = Direction::sendrecv;
  std::vector<std::string> accept_types = {};
  std::vector<std::string> accept_wrapped_types = {};
  std::optional<std::uint64_t> max_size = {};
  std::vector<std::string> path = {};
  std::optional<Setup> setup = {};
  bool cema = false;
  std::vector<base::Fingerprint> fingerprints = {};
  std::optional<std::string> tls_id = {};
  std::optional<E2ae> e2ae = {};
  std::vector<KeyMgmt> key_mgmt = {};
  std::optional<FileDescription> file = {};
};

/// v=, o=, s=, c= and t=, with CRLF.
Document make_document(const Origin& origin, const ConnectionAddress& connection);
Section append_msrp(Document& document, const MsrpMedia& media);
/// An answer has a section for each one of the offer, in its order; this one is not wanted (RFC 3264 6).
Section append_rejected(Document& document, const MediaLine& offered);

}  // namespace sdp
