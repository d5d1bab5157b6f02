-- Rows that hold something sealed have two to eight kilobytes, and what is sealed does not get smaller:
-- they stay in one piece instead of being compressed in vain and cut up into another table.
ALTER TABLE case_file SET (toast_tuple_target = 8160);
ALTER TABLE request SET (toast_tuple_target = 8160);
ALTER TABLE audit_content SET (toast_tuple_target = 8160);
ALTER TABLE certificate_file SET (toast_tuple_target = 8160);

INSERT INTO lease (one, fence, holder, beat) VALUES (1, 0, decode(repeat('00', 16), 'hex'), 0);

-- The data base's own roles. A login that is a member of one of them has what that one has; a login that
-- is a member of several, as where one process plays all, has what all have. A role is of the whole server: another book may have made it.
DO $$
DECLARE
    name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY['akashi_authority', 'akashi_list_issuer', 'akashi_repository',
                                'akashi_responder', 'akashi_verifier'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = name);
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END $$;

-- Nobody has anything by default.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO
    akashi_authority, akashi_list_issuer, akashi_repository, akashi_responder, akashi_verifier;

-- The authority appends to evidence, and changes what is derived.
GRANT SELECT, INSERT ON
    authority, founding_signature, distribution_point, enrolment, party_key, term, recovery,
    recovery_ended, dismissal, suspension, lifting, handover, proposal,
    countersignature, request, certificate, certificate_file,
    status, batch, content_key, deletion, crl, crl_published, responder_key, responder_replaced, responder_certificate,
    inquiry_entered, card,
    offline_use, audit, audit_content, audit_signature, clock_doubt, clock_trust, clock_back, time_word
    TO akashi_authority;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    person, case_file, certificate_person, certificate_items, living, stated_index, intended, source, idou,
    modulus, comparison, shared_prime, recall, clock_acceptance, batch_content,
    standing_alarm
    TO akashi_authority;
GRANT SELECT ON inquiry, responder_time TO akashi_authority;
GRANT SELECT, DELETE ON inquiry_new TO akashi_authority;
GRANT SELECT, UPDATE ON chain_head, lease TO akashi_authority;

-- The list issuer reads, and writes nothing.
GRANT SELECT ON authority, founding_signature, distribution_point, enrolment, party_key, status, crl,
    crl_published, chain_head, clock_trust, clock_back, audit_signature TO akashi_list_issuer;

-- Whoever answers agencies reads who they are, and adds what they asked.
GRANT SELECT ON authority, founding_signature, distribution_point, enrolment, party_key, term, dismissal, suspension, lifting,
    crl, crl_published, chain_head, clock_trust, clock_back, audit_signature TO akashi_repository;
GRANT INSERT ON inquiry, inquiry_new TO akashi_repository;
GRANT SELECT ON authority, founding_signature, enrolment, party_key, term, dismissal, suspension, lifting, status,
    responder_certificate, chain_head, clock_trust, clock_back, audit_signature
    TO akashi_responder;
GRANT INSERT ON inquiry, inquiry_new TO akashi_responder;
GRANT SELECT, INSERT, UPDATE ON responder_time TO akashi_responder;

-- The verifier reads everything, and can open nothing of it.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO akashi_verifier;
