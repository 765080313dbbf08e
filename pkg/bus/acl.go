package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// ACL is one rule of Kafka's, by Kafka's names.
type ACL struct {
	Principal string `json:"principal"` // "User:ingest"
	Resource  string `json:"resource"`  // "Topic", "Group", "Cluster", ...
	Name      string `json:"name"`      // with the namespace
	Pattern   string `json:"pattern"`   // "Literal", "Prefixed"
	Operation string `json:"operation"`
	Host      string `json:"host"`       // "*": any
	Allow     string `json:"permission"` // "Allow" or "Deny"
}

// ACLs are the rules that name one of the principals.
func (b *Bus) ACLs(ctx context.Context, principals ...string) ([]ACL, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var all []ACL
	for _, p := range principals {
		r, err := b.client.DescribeACLs(ctx, &kafka.DescribeACLsRequest{Filter: kafka.ACLFilter{
			ResourceTypeFilter: kafka.ResourceTypeAny, ResourcePatternTypeFilter: kafka.PatternTypeAny, PrincipalFilter: p,
			Operation: kafka.ACLOperationTypeAny, PermissionType: kafka.ACLPermissionTypeAny,
		}})
		if err == nil {
			err = r.Error
		}
		if err != nil {
			return nil, fmt.Errorf("read Kafka's rules: %w", aclError(b.explain(err)))
		}
		for _, res := range r.Resources {
			for _, a := range res.ACLs {
				all = append(all, ACL{
					a.Principal, res.ResourceType.String(), res.ResourceName, res.PatternType.String(),
					a.Operation.String(), a.Host, a.PermissionType.String(),
				})
			}
		}
	}
	return all, nil
}

// aclError says what it means that Kafka has no rules, or keeps them.
func aclError(err error) error {
	if errors.Is(err, kafka.SecurityDisabled) {
		return &AccessError{Do: "this Kafka has no rules: set authorizer.class.name in its settings", Sure: true, Err: err}
	}
	return err
}

// CreateACLs adds rules; those that are there already stay.
func (b *Bus) CreateACLs(ctx context.Context, acls ...ACL) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	req := &kafka.CreateACLsRequest{}
	for _, a := range acls {
		e := kafka.ACLEntry{Principal: a.Principal, ResourceName: a.Name, Host: a.Host}
		err := errors.Join(
			e.ResourceType.UnmarshalText([]byte(a.Resource)), e.ResourcePatternType.UnmarshalText([]byte(a.Pattern)),
			e.Operation.UnmarshalText([]byte(a.Operation)), e.PermissionType.UnmarshalText([]byte(a.Allow)))
		if err != nil {
			return fmt.Errorf("rule %+v: %w", a, err)
		}
		req.ACLs = append(req.ACLs, e)
	}
	r, err := b.client.CreateACLs(ctx, req)
	if err == nil {
		err = errors.Join(r.Errors...)
	}
	if err != nil {
		return fmt.Errorf("add to Kafka's rules: %w", aclError(b.explain(err)))
	}
	return nil
}

// DeleteACLs takes rules away.
func (b *Bus) DeleteACLs(ctx context.Context, acls ...ACL) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	req := &kafka.DeleteACLsRequest{}
	for _, a := range acls {
		f := kafka.DeleteACLsFilter{PrincipalFilter: a.Principal, ResourceNameFilter: a.Name, HostFilter: a.Host}
		err := errors.Join(
			f.ResourceTypeFilter.UnmarshalText([]byte(a.Resource)), f.ResourcePatternTypeFilter.UnmarshalText([]byte(a.Pattern)),
			f.Operation.UnmarshalText([]byte(a.Operation)), f.PermissionType.UnmarshalText([]byte(a.Allow)))
		if err != nil {
			return fmt.Errorf("rule %+v: %w", a, err)
		}
		req.Filters = append(req.Filters, f)
	}
	r, err := b.client.DeleteACLs(ctx, req)
	if err != nil {
		return fmt.Errorf("take from Kafka's rules: %w", aclError(b.explain(err)))
	}
	var errs []error
	for _, res := range r.Results {
		if res.Error != nil {
			errs = append(errs, fmt.Errorf("take from Kafka's rules: %w", aclError(b.explain(res.Error))))
		}
	}
	return errors.Join(errs...)
}
