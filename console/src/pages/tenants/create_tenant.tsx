import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf } from '../../api/problem';
import { createTenant } from '../../api/tenants';
import { tenantsKey } from '../../lib/tenants_query';
import { Button } from '../../ui/button';
import { ErrorNotice } from '../../ui/notice';
import { TextField } from '../../ui/text_field';
import { toast } from '../../ui/toast';
import './create_tenant.css';

export function CreateTenant() {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const creating = useMutation({
    mutationFn: () => createTenant(name.trim()),
    onSuccess: (tenant) => {
      void client.invalidateQueries({ queryKey: tenantsKey });
      toast('good', `Tenant ${tenant.name} is there.`);
      setName('');
    },
  });
  const errors = fieldErrorsOf(creating.error, { tenant_exists: 'name' });
  return (
    <>
      <Form
        className="create-tenant"
        validationErrors={errors}
        onSubmit={(event) => {
          event.preventDefault();
          creating.mutate();
        }}
      >
        <TextField
          label="New tenant"
          name="name"
          placeholder="acme"
          mono
          isRequired
          autoComplete="off"
          value={name}
          onChange={(value) => {
            if (creating.isError) creating.reset();
            setName(value);
          }}
        />
        <Button look="primary" type="submit" isPending={creating.isPending}>
          Create tenant
        </Button>
      </Form>
      <ErrorNotice error={creating.error} shownAtFields={errors} />
    </>
  );
}
