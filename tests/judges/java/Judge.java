import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateRevokedException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.cert.ocsp.UnknownStatus;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/**
 * Two judges in one machine: Java's own PKIXRevocationChecker, and Bouncy Castle.
 *
 * <p>Usage: {@code Judge AUTHORITY.der QUESTIONS}. One question a line, parted by tabs: number,
 * moment in seconds, certificate, kind ({@code lists}, {@code default}, {@code chain} or
 * {@code answer}), and the files of the evidence. One verdict a line comes back: number, judge,
 * verdict, and after it what the judge said.
 */
class Judge {
    static final BouncyCastleProvider BC = new BouncyCastleProvider();
    /** Lists by judge and file: one of a hundred thousand entries is read once. */
    static final Map<String, X509CRL> LISTS = new HashMap<>();

    static X509Certificate authority;

    /** One line of the questions. */
    record Question(String number, Date at, Path leaf, String kind, List<Path> evidence) {
        static Question of(String line) {
            String[] parts = line.split("\t");
            List<Path> evidence = new ArrayList<>();
            for (int place = 4; place < parts.length; place++) {
                evidence.add(Path.of(parts[place]));
            }
            Date at = Date.from(Instant.ofEpochSecond(Long.parseLong(parts[1])));
            return new Question(parts[0], at, Path.of(parts[2]), parts[3], evidence);
        }
    }

    interface Asked {
        String verdict() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        // Nothing may be fetched: what is judged is the evidence that is shown.
        System.setProperty("com.sun.security.enableCRLDP", "false");
        CertificateFactory java = CertificateFactory.getInstance("X.509");
        CertificateFactory castle = CertificateFactory.getInstance("X.509", BC);
        authority = certificate(java, Path.of(arguments[0]));
        StringBuilder out = new StringBuilder();
        for (String line : Files.readAllLines(Path.of(arguments[1]))) {
            Question question = Question.of(line);
            tell(out, question, "java", () -> pkix(question, java, "SUN"));
            tell(out, question, "bouncy castle", () -> question.kind().equals("answer")
                    ? castleAnswer(question, castle)
                    : pkix(question, castle, "BC"));
        }
        System.out.print(out);
    }

    static void tell(StringBuilder out, Question question, String judge, Asked asked) {
        String verdict;
        try {
            verdict = asked.verdict();
        } catch (CertPathValidatorException e) {
            verdict = complaint(e) + "\t" + words(e);
        } catch (Exception e) {
            verdict = "unfit\t" + words(e);
        }
        out.append(String.join("\t", question.number(), judge, verdict)).append('\n');
    }

    static String words(Throwable e) {
        StringBuilder words = new StringBuilder();
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            words.append(cause).append("; ");
        }
        return words.toString().replaceAll("\\s+", " ");
    }

    /** RFC 5280 section 6 with revocation, by one provider or the other. */
    static String pkix(Question question, CertificateFactory factory, String provider)
            throws Exception {
        List<X509Certificate> chain = new ArrayList<>();
        chain.add(certificate(factory, question.leaf()));
        TrustAnchor anchor = new TrustAnchor(certificate(factory, authority), null);
        if (question.kind().equals("chain")) {
            // As part of the path the authority's certificate is judged too.
            chain.add(certificate(factory, authority));
        }
        CertPath path = factory.generateCertPath(chain);
        PKIXParameters parameters = new PKIXParameters(Set.of(anchor));
        parameters.setDate(question.at());
        CertPathValidator validator = provider.equals("BC")
                ? CertPathValidator.getInstance("PKIX", BC)
                : CertPathValidator.getInstance("PKIX", provider);
        if (question.kind().equals("answer")) {
            PKIXRevocationChecker checker =
                    (PKIXRevocationChecker) validator.getRevocationChecker();
            checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.NO_FALLBACK));
            byte[] answer = Files.readAllBytes(question.evidence().get(0));
            checker.setOcspResponses(Map.of(chain.get(0), answer));
            // Without an address it would not look at the answer that it was given.
            checker.setOcspResponder(new java.net.URI("http://127.0.0.1:1/"));
            parameters.addCertPathChecker(checker);
        } else {
            List<X509CRL> lists = new ArrayList<>();
            for (Path file : question.evidence()) {
                lists.add(list(factory, provider, file));
            }
            CollectionCertStoreParameters all = new CollectionCertStoreParameters(lists);
            parameters.addCertStore(CertStore.getInstance("Collection", all));
            // As it comes, the JDK asks for lists alone (ocsp.enable is false).
            if (provider.equals("SUN") && !question.kind().equals("default")) {
                PKIXRevocationChecker checker =
                        (PKIXRevocationChecker) validator.getRevocationChecker();
                checker.setOptions(EnumSet.of(
                        PKIXRevocationChecker.Option.PREFER_CRLS,
                        PKIXRevocationChecker.Option.NO_FALLBACK));
                parameters.addCertPathChecker(checker);
            }
        }
        parameters.setRevocationEnabled(true);
        validator.validate(path, parameters);
        return "good";
    }

    /** What a path validator's complaint says of the certificate. */
    static String complaint(CertPathValidatorException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            String words = String.valueOf(cause.getMessage());
            boolean revoked = cause instanceof CertificateRevokedException
                    || words.contains("revocation after");
            if (revoked && e.getIndex() > 0) {
                return "authority revoked";
            }
            if (cause instanceof CertificateRevokedException why) {
                return "revoked " + camel(why.getRevocationReason().name());
            }
            if (words.contains("revocation after")) {
                return "revoked " + words.substring(words.indexOf("reason: ") + 8);
            }
            if (words.contains("revocation status is unknown")) {
                return "unknown";
            }
            if (cause instanceof CertPathValidatorException path
                    && (path.getReason() == BasicReason.EXPIRED
                            || path.getReason() == BasicReason.NOT_YET_VALID)) {
                return "out of time";
            }
            if (words.contains("certificate expired") || words.contains("certificate not valid")) {
                return "out of time";
            }
        }
        return "unfit";
    }

    /** KEY_COMPROMISE as the standard writes it: keyCompromise. */
    static String camel(String name) {
        StringBuilder camel = new StringBuilder();
        for (String part : name.toLowerCase().split("_")) {
            boolean first = camel.length() == 0;
            camel.append(first ? part : part.substring(0, 1).toUpperCase() + part.substring(1));
        }
        return camel.toString();
    }

    /** RFC 6960 section 3.2 with nothing but Bouncy Castle's parts. */
    static String castleAnswer(Question question, CertificateFactory factory) throws Exception {
        X509Certificate leaf = certificate(factory, question.leaf());
        if (question.at().before(leaf.getNotBefore()) || question.at().after(leaf.getNotAfter())) {
            return "out of time";
        }
        OCSPResp response = new OCSPResp(Files.readAllBytes(question.evidence().get(0)));
        if (response.getStatus() != OCSPResp.SUCCESSFUL) {
            return "unfit\tstatus " + response.getStatus();
        }
        BasicOCSPResp basic = (BasicOCSPResp) response.getResponseObject();
        X509CertificateHolder signer = basic.getCerts()[0];
        X509Certificate responder = new JcaX509CertificateConverter().getCertificate(signer);
        responder.verify(authority.getPublicKey(), BC);
        responder.checkValidity(question.at());
        if (!responder.getExtendedKeyUsage().contains(KeyPurposeId.id_kp_OCSPSigning.getId())) {
            return "unfit\tits signer may not sign answers";
        }
        if (!basic.isSignatureValid(
                new JcaContentVerifierProviderBuilder().setProvider(BC).build(signer))) {
            return "unfit\tits signature is wrong";
        }
        X509CertificateHolder issuer = new X509CertificateHolder(authority.getEncoded());
        BigInteger serial = leaf.getSerialNumber();
        for (SingleResp one : basic.getResponses()) {
            boolean asked = one.getCertID().getSerialNumber().equals(serial)
                    && one.getCertID().matchesIssuer(
                            issuer, new JcaDigestCalculatorProviderBuilder().build());
            boolean now = !one.getThisUpdate().after(question.at())
                    && !one.getNextUpdate().before(question.at());
            if (asked && now) {
                return status(one.getCertStatus());
            }
        }
        return "unfit\tno answer about it at this time";
    }

    static String status(CertificateStatus status) {
        if (status == CertificateStatus.GOOD) {
            return "good";
        }
        if (status instanceof UnknownStatus) {
            return "unknown";
        }
        RevokedStatus revoked = (RevokedStatus) status;
        int reason = revoked.hasRevocationReason() ? revoked.getRevocationReason() : 0;
        String name = CRLReason.lookup(reason).toString();
        return "revoked " + name.substring(name.indexOf(' ') + 1);
    }

    static X509Certificate certificate(CertificateFactory factory, Path file) throws Exception {
        try (InputStream in = Files.newInputStream(file)) {
            return (X509Certificate) factory.generateCertificate(in);
        }
    }

    static X509Certificate certificate(CertificateFactory factory, X509Certificate other)
            throws Exception {
        InputStream in = new ByteArrayInputStream(other.getEncoded());
        return (X509Certificate) factory.generateCertificate(in);
    }

    static X509CRL list(CertificateFactory factory, String provider, Path file) throws Exception {
        X509CRL known = LISTS.get(provider + file);
        if (known == null) {
            try (InputStream in = Files.newInputStream(file)) {
                known = (X509CRL) factory.generateCRL(in);
            }
            LISTS.put(provider + file, known);
        }
        return known;
    }
}
