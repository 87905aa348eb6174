"""Our URLs, which are Shibboleth's (design 11)."""

from idp.federation.service_provider import POST_BINDING, REDIRECT_BINDING, SOAP_BINDING
from idp.plugin import Purpose

REDIRECT_SSO = "/idp/profile/SAML2/Redirect/SSO"
POST_SSO = "/idp/profile/SAML2/POST/SSO"
SSO_PATHS = {REDIRECT_BINDING: REDIRECT_SSO, POST_BINDING: POST_SSO}
CERTIFICATE = "/idp/certificate"
"""At the certificate address, and there alone."""
CERTIFICATE_RETURN = "/idp/certificate/return"
LOGOUT = "/idp/profile/Logout"
REDIRECT_SLO = "/idp/profile/SAML2/Redirect/SLO"
POST_SLO = "/idp/profile/SAML2/POST/SLO"
SOAP_SLO = "/idp/profile/SAML2/SOAP/SLO"
SLO_PATHS = {REDIRECT_BINDING: REDIRECT_SLO, POST_BINDING: POST_SLO, SOAP_BINDING: SOAP_SLO}
PROPAGATE = "/idp/profile/PropagateLogout"
ACCOUNT = "/idp/account/"
REGISTER = "/idp/account/register"
RESET = "/idp/account/reset"
HELPDESK = "/idp/helpdesk/"
HELPDESK_ENTER = "/idp/helpdesk/enter"
HELPDESK_PERSON = "/idp/helpdesk/person"
HELPDESK_ACT = "/idp/helpdesk/act"
ERRAND_PATHS = {
    Purpose.LOGIN: ACCOUNT,
    Purpose.REGISTER: REGISTER,
    Purpose.RESET: RESET,
    Purpose.HELPDESK: HELPDESK_ENTER,
}
SESSIONS = "/idp/account/sessions"
TRUSTED = "/idp/account/browsers"
TROUBLE = "/idp/account/trouble"
METADATA = "/idp/shibboleth"
HEALTH = "/idp/health"
ERROR = "/idp/error"
"""The errorURL of our metadata: a page that explains (SDP-MD12)."""
