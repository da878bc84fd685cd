#include "controller/rewrite.hpp"

#include "proto/sdp/attribute.hpp"
#include "proto/sdp/media.hpp"

namespace controller {
namespace {

void edit_setup(sdp::Document& document, sdp::Section section, const SectionEdit& edit) {
  if (!edit.setup) return;
  if (edit.setup_silent) sdp::remove_attribute(document, section, sdp::name::setup);
  const auto inherited = sdp::setup(document, section);
  if (edit.setup_silent && inherited && (!*inherited || **inherited == *edit.setup)) return;
  sdp::set_setup(document, section, *edit.setup);
}

void edit_security(sdp::Document& document, sdp::Section section, const SectionEdit& edit) {
  if (edit.tls) sdp::set_proto(document, section, *edit.tls ? sdp::tcp_tls_msrp : sdp::tcp_msrp);
  if (edit.fingerprints) sdp::set_fingerprints(document, section, *edit.fingerprints);
  // TLS by fingerprint that ends here has no keys from a KMS.
  if (edit.fingerprints && !edit.fingerprints->empty())
    sdp::remove_attribute(document, section, sdp::name::key_mgmt);
  if (edit.tls_id && edit.tls_id->empty()) sdp::remove_attribute(document, section, sdp::name::tls_id);
  if (edit.tls_id && !edit.tls_id->empty()) sdp::set_tls_id(document, section, *edit.tls_id);
  if (edit.e2ae_applied) {
    sdp::set_e2ae(document, section, sdp::E2ae::applied);
  } else {
    sdp::remove_attribute(document, section, sdp::name::e2ae);
  }
}

}  // namespace

void edit_section(sdp::Document& document, sdp::Section section, const SectionEdit& edit) {
  sdp::set_connection(document, section, {edit.ipv6 ? "IP6" : "IP4", edit.host});
  sdp::set_port(document, section, edit.port);
  if (edit.path) sdp::set_path(document, section, *edit.path);
  edit_setup(document, section, edit);
  edit_security(document, section, edit);
  sdp::set_cema(document, section, edit.cema);
}

void refuse_section(sdp::Document& document, sdp::Section section, std::optional<bool> tls) {
  sdp::set_port(document, section, 0);
  if (tls) sdp::set_proto(document, section, *tls ? sdp::tcp_tls_msrp : sdp::tcp_msrp);
  sdp::remove_attribute(document, section, sdp::name::e2ae);
}

}  // namespace controller
